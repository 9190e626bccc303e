// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What a person fills in: language, stdin, arguments, limits. It becomes a request or a link, and back.
import { splitArgs } from './args';
import { find, make, setText } from './dom';
import { KIB, MIB } from './format';
import type { Shared } from './share';
import type { Limits, Request } from './types';

type LimitKey = keyof Limits | 'timeout';

interface LimitField {
	key: LimitKey;
	label: string;
	scale: number;
	whole: boolean; /* of the unit that the server counts in */
}

const limitFields: LimitField[] = [
	{ key: 'timeout', label: 'Time, s', scale: 1, whole: false },
	{ key: 'cpu_time', label: 'CPU time, s', scale: 1, whole: false },
	{ key: 'memory', label: 'Memory, MiB', scale: MIB, whole: true },
	{ key: 'processes', label: 'Processes', scale: 1, whole: true },
	{ key: 'output', label: 'Output, KiB', scale: KIB, whole: true },
	{ key: 'file_size', label: 'File size, MiB', scale: MIB, whole: true },
	{ key: 'disk_space', label: 'Disk, MiB', scale: MIB, whole: true },
];

const stdin = () => find<HTMLTextAreaElement>('#stdin');
const args = () => find<HTMLInputElement>('#args');
const interactive = () => find<HTMLInputElement>('#interactive');
const limitInput = (key: string) => find<HTMLInputElement>(`#limit-${key}`);

export function createForm(onChange: () => void): void {
	find('#limits').append(
		...limitFields.map(({ key, label }) =>
			make(
				'div',
				{ class: 'field' },
				make('label', { for: `limit-${key}` }, label),
				make('input', {
					id: `limit-${key}`,
					type: 'number',
					min: '0',
					step: 'any',
					inputmode: 'decimal',
				}),
			),
		),
	);
	for (const element of [stdin(), args(), interactive(), find('#limits')]) {
		element.addEventListener('input', () => {
			describe();
			onChange();
		});
	}
}

/* The folded sections say what is set in them. */
function describe(): void {
	const set = limitFields.filter(({ key }) => limitInput(key).value !== '').length;
	const parts = [];

	if (stdin().value !== '')
		parts.push(
			`${stdin().value.split('\n').length} line${stdin().value.includes('\n') ? 's' : ''} of input`,
		);
	if (args().value.trim() !== '') parts.push('arguments');
	if (interactive().checked) parts.push('interactive');
	setText(find('#input-note'), parts.join(', '));
	setText(find('#limits-note'), set ? `${set} set` : 'server defaults');
}

function limitValue({ key, label, scale, whole }: LimitField): number | undefined {
	const input = limitInput(key);

	if (input.value === '' && !input.validity.badInput) return undefined;
	const value = input.valueAsNumber * scale;

	if (!Number.isFinite(value) || value <= 0)
		throw new Error(`“${label}” is to be a number above 0, or empty for the server's default.`);
	return whole ? Math.max(1, Math.round(value)) : value;
}

function readLimits(): { timeout?: number; limits: Limits } {
	const limits: Limits = {};
	let timeout: number | undefined;

	for (const field of limitFields) {
		const value = limitValue(field);

		if (value === undefined) continue;
		if (field.key === 'timeout') timeout = value;
		else limits[field.key] = value;
	}
	return { timeout, limits };
}

/* Throws an Error with a sentence for the person if a field makes no sense. */
export function readRequest(language: string, code: string): Request {
	const { timeout, limits } = readLimits();
	const words = splitArgs(args().value);
	const request: Request = { language, code, input: stdin().value === '' ? null : stdin().value };

	if (interactive().checked) request.interactive = true;
	if (timeout !== undefined) request.timeout = timeout;
	if (words.length > 0) request.args = words;
	if (Object.keys(limits).length > 0) request.limits = limits;
	return request;
}

export function readShared(language: string, code: string): Shared {
	const { timeout, limits } = readLimits();

	return {
		language,
		code,
		timeout,
		input: stdin().value || undefined,
		args: args().value || undefined,
		limits: Object.keys(limits).length > 0 ? limits : undefined,
	};
}

export function fillForm(shared: Partial<Shared>): void {
	stdin().value = shared.input ?? '';
	args().value = shared.args ?? '';
	for (const { key, scale } of limitFields) {
		const value = key === 'timeout' ? shared.timeout : shared.limits?.[key];

		limitInput(key).value = value === undefined ? '' : String(value / scale);
	}
	if (shared.input || shared.args) find<HTMLDetailsElement>('#input-fold').open = true;
	if (shared.timeout || Object.keys(shared.limits ?? {}).length > 0)
		find<HTMLDetailsElement>('#limits-fold').open = true;
	describe();
}

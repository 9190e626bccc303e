// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A program in the address: everything after the #, which browsers do not send to the server. The letter in
// front says how it is packed, so that older links go on working when that changes.
import type { Limits } from './types';

export interface Shared {
	language: string;
	code: string;
	input?: string;
	args?: string;
	timeout?: number;
	limits?: Limits;
}

const mark = 'p1:';
const size_limit = 4 * 1024 * 1024; /* of what a link unpacks to: it comes from a stranger */

function toText(data: Uint8Array): string {
	let binary = '';

	for (const byte of data) binary += String.fromCharCode(byte);
	return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromText(text: string): Uint8Array<ArrayBuffer> {
	const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));

	return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
	const reader = stream.getReader();
	const parts: Uint8Array[] = [];
	let size = 0;

	for (;;) {
		const { done, value } = await reader.read();

		if (done) break;
		size += value.length;
		if (size > size_limit) {
			await reader.cancel();
			throw new Error('the link holds too much');
		}
		parts.push(value);
	}
	const all = new Uint8Array(size);
	let offset = 0;

	for (const part of parts) {
		all.set(part, offset);
		offset += part.length;
	}
	return all;
}

export async function encode(shared: Shared): Promise<string> {
	const json = new Blob([JSON.stringify(shared)]).stream();

	return mark + toText(await collect(json.pipeThrough(new CompressionStream('deflate-raw'))));
}

const isText = (value: unknown): value is string => typeof value === 'string';

function numbersOf(value: unknown): Limits {
	const limits: Limits = {};

	if (!value || typeof value !== 'object') return limits;
	for (const key of ['cpu_time', 'memory', 'file_size', 'disk_space', 'output', 'processes'] as const) {
		const number = (value as Record<string, unknown>)[key];

		if (typeof number === 'number' && number > 0) limits[key] = number;
	}
	return limits;
}

/* null: the fragment is no program of ours, or a damaged one. */
export async function decode(fragment: string): Promise<Shared | null> {
	if (!fragment.startsWith(mark)) return null;
	try {
		const packed = new Blob([fromText(fragment.slice(mark.length))]).stream();
		const data = await collect(packed.pipeThrough(new DecompressionStream('deflate-raw')));
		const value = JSON.parse(new TextDecoder().decode(data)) as Record<string, unknown>;

		if (!isText(value['language']) || !isText(value['code'])) return null;
		return {
			language: value['language'],
			code: value['code'],
			input: isText(value['input']) ? value['input'] : undefined,
			args: isText(value['args']) ? value['args'] : undefined,
			timeout: typeof value['timeout'] === 'number' ? value['timeout'] : undefined,
			limits: numbersOf(value['limits']),
		};
	} catch {
		return null;
	}
}

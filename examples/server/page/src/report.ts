// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The account of a finished execution: compiler messages, figures, what protected the host.
import { find, make, show } from './dom';
import { bytes, count, milliseconds, KIB } from './format';
import type { Diagnostic, Result } from './types';

type Jump = (line: number, column: number) => void;

function diagnosticItem(diagnostic: Diagnostic, jump: Jump): HTMLLIElement {
	const { line, column } = diagnostic;
	const severity = diagnostic.severity ?? diagnostic.type ?? 'error';
	const item = make('li');

	if (line) {
		const button = make(
			'button',
			{ type: 'button', class: 'link' },
			`Line ${line}${column ? `:${column}` : ''}`,
		);

		button.addEventListener('click', () => jump(line, column ?? 1));
		item.append(button, ' ');
	}
	item.append(
		make('span', { class: `severity ${/warning|note/i.test(severity) ? '' : 'error'}` }, severity),
		' ',
		diagnostic.message ?? '',
	);
	return item;
}

export function clearReport(): void {
	show(find('#compiler'), false);
	show(find('#details'), false);
	find('#diagnostics').replaceChildren();
	find('#compiler-output').textContent = '';
}

/* What the compiler prints is shown while it prints it, too. */
export function addCompilerOutput(text: string): void {
	show(find('#compiler'), true);
	find('#compiler-output').append(text);
}

function showCompiler(result: Result, diagnostics: Diagnostic[], jump: Jump): void {
	const output = `${result.compile?.stdout ?? ''}${result.compile?.stderr ?? ''}`;

	find('#diagnostics').replaceChildren(
		...diagnostics.map((diagnostic) => diagnosticItem(diagnostic, jump)),
	);
	find('#compiler-output').textContent = output;
	show(find('#compiler'), diagnostics.length > 0 || output !== '');
	find('#compiler h2').textContent = result.compile ? 'Compiler' : 'What went wrong';
}

const list = (value: unknown) => (Array.isArray(value) ? value.map(String).join(', ') : '');
const number = (value: unknown) => (typeof value === 'number' ? value : undefined);

function details(result: Result): [string, string, boolean?][] {
	const stats = result.process_stats ?? {};
	const isolation = result.isolation ?? {};
	const rows: [string, string, boolean?][] = [];
	const add = (label: string, text: string, bad = false) => {
		if (text) rows.push([label, text, bad]);
	};
	const figure = (label: string, key: string, write: (value: number) => string) => {
		const value = number(stats[key]);

		if (value !== undefined) add(label, write(value));
	};

	add('Execution', result.id ?? '');
	add('Runtime', [result.language, result.runtime].filter(Boolean).join(', '));
	add('Limits hit', list(result.limit_hit), true);
	if (result.compile?.execution_time !== undefined)
		add(
			'Compile time',
			milliseconds((result.compile.wall_us ?? result.compile.execution_time * 1000) / 1000),
		);
	figure('User time', 'user_time_us', (value) => milliseconds(value / 1000));
	figure('System time', 'system_time_us', (value) => milliseconds(value / 1000));
	figure('Largest process', 'max_rss', (value) => bytes(value * KIB));
	figure('Most tasks at once', 'tasks_peak', count);
	figure('Page faults, minor', 'minor_faults', count);
	figure('Page faults, major', 'major_faults', count);
	figure('Blocks read', 'blocks_read', count);
	figure('Blocks written', 'blocks_written', count);
	figure('Switches, voluntary', 'voluntary_switches', count);
	figure('Switches, involuntary', 'involuntary_switches', count);
	add('Limits by', String(isolation['limits_backend'] ?? ''));
	add('In force', list(isolation['protections']));
	add('Not in force', list(isolation['missing']), true);
	return rows;
}

export function showReport(result: Result, jump: Jump): void {
	const diagnostics = [...(result.compile?.diagnostics ?? []), ...(result.diagnostics ?? [])];
	const rows = details(result);
	const unique = new Map(
		diagnostics.map((diagnostic) => [
			JSON.stringify([diagnostic.line, diagnostic.column, diagnostic.message]),
			diagnostic,
		]),
	);

	showCompiler(result, [...unique.values()], jump);
	show(find('#details'), rows.length > 0);
	find('#details-list').replaceChildren(
		...rows.flatMap(([label, text, bad]) => [
			make('dt', {}, label),
			make('dd', { class: bad ? 'bad' : undefined }, text),
		]),
	);
}

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// How an execution ended, in words.
import { milliseconds, signalName } from './format';
import type { Result } from './types';

export type Tone = 'idle' | 'busy' | 'good' | 'warn' | 'bad';

const words: Record<string, [Tone, string]> = {
	queued: ['idle', 'Queued'],
	compiling: ['busy', 'Compiling'],
	running: ['busy', 'Running'],
	success: ['good', 'Success'],
	error: ['bad', 'Failed'],
	timeout: ['warn', 'Time limit reached'],
	memory_limit: ['warn', 'Memory limit reached'],
	output_limit: ['warn', 'Output limit reached'],
	disk_limit: ['warn', 'Disk limit reached'],
	process_limit: ['warn', 'Process limit reached'],
	file_size_limit: ['warn', 'File size limit reached'],
	compilation_error: ['bad', 'Does not compile'],
	cancelled: ['idle', 'Stopped'],
	system_error: ['bad', 'The sandbox failed'],
};

export function toneOf(status: string): Tone {
	return words[status]?.[0] ?? 'idle';
}

export function wordOf(status: string): string {
	return words[status]?.[1] ?? status;
}

export function isOver(status: string): boolean {
	return !['queued', 'compiling', 'running', 'pending', 'starting'].includes(status);
}

export function wallMs(result: Result): number {
	return result.wall_us === undefined ? (result.execution_time ?? 0) : result.wall_us / 1000;
}

/* Did the program itself start? Otherwise its figures are nothing, not nought. */
export function hasRun(result: Result): boolean {
	return wallMs(result) > 0;
}

/* One sentence: the word and what explains it. */
export function sentenceOf(result: Result): string {
	const word = wordOf(result.status);

	if (result.status === 'success') return `${word} in ${milliseconds(wallMs(result))}`;
	if (result.status === 'error' && result.signal)
		return `${word}: killed by ${result.signal_name ?? signalName(result.signal)}`;
	if (result.status === 'error' && result.exit_code) return `${word}: exit code ${result.exit_code}`;
	if (['cancelled', 'compilation_error'].includes(result.status) || !result.message) return word;
	return `${word}: ${result.message}`;
}

export function exitText(result: Result): string {
	if (result.signal) return result.signal_name ?? signalName(result.signal);
	return result.exit_code === null || result.exit_code === undefined ? '–' : String(result.exit_code);
}

export function isTruncated(result: Result): boolean {
	const truncated = result.truncated;

	return typeof truncated === 'object' ? Boolean(truncated.stdout || truncated.stderr) : Boolean(truncated);
}

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Numbers for people.

export const KIB = 1024;
export const MIB = 1024 * KIB;

export function bytes(value: number): string {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let unit = 0;

	while (value >= 1024 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function milliseconds(value: number): string {
	if (value < 10) return `${value.toFixed(1)} ms`;
	if (value < 1000) return `${Math.round(value)} ms`;
	if (value < 60_000) return `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`;
	return `${Math.floor(value / 60_000)} min ${Math.round((value % 60_000) / 1000)} s`;
}

export function rate(value: number): string {
	return String(Number(value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)));
}

export function percent(share: number): string {
	return `${Math.round(share * 100)} %`;
}

export function count(value: number): string {
	return value.toLocaleString('en');
}

export function ago(milliseconds_since: number): string {
	const seconds = Math.max(0, Math.round(milliseconds_since / 1000));

	if (seconds < 60) return `${seconds} s ago`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
	return `${Math.floor(seconds / 3600)} h ago`;
}

const signals: Record<number, string> = {
	1: 'SIGHUP',
	2: 'SIGINT',
	3: 'SIGQUIT',
	4: 'SIGILL',
	5: 'SIGTRAP',
	6: 'SIGABRT',
	7: 'SIGBUS',
	8: 'SIGFPE',
	9: 'SIGKILL',
	11: 'SIGSEGV',
	13: 'SIGPIPE',
	14: 'SIGALRM',
	15: 'SIGTERM',
	24: 'SIGXCPU',
	25: 'SIGXFSZ',
	31: 'SIGSYS',
};

export function signalName(number: number): string {
	return signals[number] ?? `signal ${number}`;
}

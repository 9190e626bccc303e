// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The server's figures out of the Prometheus text format: sums of samples, and percentiles of histograms
// over a window.

interface Sample {
	labels: Record<string, string>;
	value: number;
}

export type Samples = Map<string, Sample[]>;

/* What the monitor reads. */
export const names = {
	executions: 'codeexec_executions_total',
	duration: 'codeexec_stage_duration_seconds',
	rejected: 'codeexec_rejected_total',
	running: 'codeexec_running',
	queued: 'codeexec_queue_depth',
	runningLimit: 'codeexec_running_limit',
	queueLimit: 'codeexec_queue_limit',
	memory: 'process_resident_memory_bytes',
	started: 'process_start_time_seconds',
};

function toNumber(text: string): number {
	if (text === '+Inf' || text === 'Inf') return Infinity;
	return text === '-Inf' ? -Infinity : Number(text);
}

export function parse(text: string): Samples {
	const samples: Samples = new Map();

	for (const line of text.split('\n')) {
		const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);

		if (!match) continue;
		const labels: Record<string, string> = {};

		for (const [, key, value] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
			labels[key!] = value!.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
		const list = samples.get(match[1]!) ?? [];

		list.push({ labels, value: toNumber(match[3]!) });
		samples.set(match[1]!, list);
	}
	return samples;
}

type Wanted = Record<string, string>;

const fits = (sample: Sample, wanted: Wanted) =>
	Object.entries(wanted).every(([key, value]) => sample.labels[key] === value);

/* null: the server has no such figure. */
export function sum(samples: Samples, name: string, wanted: Wanted = {}): number | null {
	const list = samples.get(name);

	return list
		? list.filter((sample) => fits(sample, wanted)).reduce((total, { value }) => total + value, 0)
		: null;
}

export function byLabel(samples: Samples, name: string, label: string): [string, number][] {
	const sums = new Map<string, number>();

	for (const { labels, value } of samples.get(name) ?? [])
		sums.set(labels[label] ?? '', (sums.get(labels[label] ?? '') ?? 0) + value);
	return [...sums].sort((a, b) => b[1] - a[1]);
}

/* Upper bound in seconds -> how many were below it. */
export function buckets(samples: Samples, name: string, wanted: Wanted): Map<number, number> {
	const found = new Map<number, number>();

	for (const sample of samples.get(`${name}_bucket`) ?? []) {
		const bound = toNumber(sample.labels['le'] ?? '');

		if (fits(sample, wanted) && !Number.isNaN(bound))
			found.set(bound, (found.get(bound) ?? 0) + sample.value);
	}
	return found;
}

/* Between two readings of a histogram, by linear interpolation inside the bucket, as Prometheus does it. */
export function percentile(
	now: Map<number, number>,
	before: Map<number, number>,
	share: number,
): number | null {
	const bounds = [...now.keys()].sort((a, b) => a - b);
	const grown = bounds.map((bound) => Math.max(0, now.get(bound)! - (before.get(bound) ?? 0)));
	const total = grown.at(-1) ?? 0;

	if (total === 0) return null;
	const index = grown.findIndex((value) => value >= share * total);
	const upper = bounds[index]!,
		lower = index > 0 ? bounds[index - 1]! : 0;
	const below = index > 0 ? grown[index - 1]! : 0;

	if (upper === Infinity) return lower;
	return lower + (upper - lower) * ((share * total - below) / Math.max(1e-9, grown[index]! - below));
}

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The live monitor: asks once a second, while it is looked at, what runs and what the counters say.
import { request } from './api';
import { Chart } from './charts';
import { find, make, setText, show } from './dom';
import { bytes, count, milliseconds, rate } from './format';
import { buckets, byLabel, names, parse, percentile, sum, type Samples } from './metrics';
import { isOver } from './status';
import { ActiveTable, RecentTable, type Listed } from './table';

const interval_ms = 1000;
const window_s = 180;
const percentile_window_s = 30;

interface Reading {
	time_s: number;
	samples: Samples;
	durations: Map<number, number>;
}

interface Tile {
	value: HTMLElement;
	note: HTMLElement;
}

/* The server's clock, by its Date header, where it differs from ours by more than the header's precision. */
function serverTime(response: Response): number {
	const said = Date.parse(response.headers.get('Date') ?? '');

	return Math.abs(said - Date.now()) > 2000 ? said : Date.now();
}

const seconds = (value: number) => milliseconds(value * 1000);

export class Monitor {
	private timer = 0;
	private active = false;
	private readings: Reading[] = [];
	private tiles = new Map<string, Tile>();
	private charts: { throughput: Chart; latency: Chart; load: Chart } | null = null;
	private readonly activeTable = new ActiveTable();
	private readonly recentTable = new RecentTable();

	constructor() {
		for (const [key, label] of [
			['running', 'Running'],
			['queued', 'Queued'],
			['rate', 'Finished per second'],
			['latency', 'Run time, p95'],
			['rejected', 'Rejected'],
			['memory', 'Server memory'],
		] as const)
			this.addTile(key, label);
		document.addEventListener('visibilitychange', () => this.schedule());
	}

	private addTile(key: string, label: string): void {
		const tile = {
			value: make('dd', { class: 'value', id: `tile-${key}` }, '–'),
			note: make('dd', { class: 'note' }),
		};

		find('#tiles').append(make('div', { class: 'tile' }, make('dt', {}, label), tile.value, tile.note));
		this.tiles.set(key, tile);
	}

	private setTile(key: string, value: string, note: string): void {
		const tile = this.tiles.get(key)!;

		setText(tile.value, value);
		setText(tile.note, note);
	}

	setActive(active: boolean): void {
		this.active = active;
		if (active && !this.charts) this.createCharts();
		this.schedule();
	}

	private createCharts(): void {
		const parent = find('#charts');

		this.charts = {
			throughput: new Chart(parent, {
				title: 'Executions per second',
				write: rate,
				floor: 1,
				window_s,
				lines: [
					{ label: 'Finished', colour: '--plot-1' },
					{ label: 'Rejected', colour: '--plot-3', dash: [5, 4] },
				],
			}),
			latency: new Chart(parent, {
				title: `Run time over the last ${percentile_window_s} s`,
				write: seconds,
				floor: 0.01,
				window_s,
				lines: [
					{ label: 'p50', colour: '--plot-1' },
					{ label: 'p95', colour: '--plot-2', dash: [8, 4] },
					{ label: 'p99', colour: '--plot-3', dash: [3, 3] },
				],
			}),
			load: new Chart(parent, {
				title: 'Running and queued',
				write: count,
				floor: 3,
				whole: true,
				window_s,
				lines: [
					{ label: 'Running', colour: '--plot-1' },
					{ label: 'Queued', colour: '--plot-2', dash: [8, 4] },
				],
			}),
		};
	}

	/* Nothing is asked while nobody looks. */
	private schedule(): void {
		clearTimeout(this.timer);
		if (this.active && document.visibilityState === 'visible') void this.poll();
	}

	private async poll(): Promise<void> {
		const started = performance.now();

		clearTimeout(this.timer);
		try {
			const [answer, text] = await Promise.all([
				request('executions'),
				request('metrics').then((response) => response.text()),
			]);
			const { executions } = (await answer.json()) as { executions: Listed[] };

			this.showList(executions, serverTime(answer));
			this.showMetrics(parse(text), executions);
			show(find('#monitor-problem'), false);
		} catch (error) {
			setText(
				find('#monitor-problem'),
				`${error instanceof Error ? error.message : String(error)} Trying again…`,
			);
			show(find('#monitor-problem'), true);
		}
		if (this.active && document.visibilityState === 'visible') {
			clearTimeout(this.timer);
			this.timer = window.setTimeout(
				() => void this.poll(),
				Math.max(100, interval_ms - (performance.now() - started)),
			);
		}
	}

	private showList(executions: Listed[], now: number): void {
		const order = (item: Listed) => item.created_at ?? 0;

		this.activeTable.update(
			executions.filter(({ status }) => !isOver(status)).sort((a, b) => order(a) - order(b)),
			now,
		);
		this.recentTable.update(
			executions
				.filter(({ status }) => isOver(status))
				.sort((a, b) => (b.finished_at ?? 0) - (a.finished_at ?? 0)),
			now,
		);
	}

	private showMetrics(samples: Samples, executions: Listed[]): void {
		const time_s = Date.now() / 1000;
		const durations = buckets(samples, names.duration, { stage: 'run' });
		const listed = (status: string) => executions.filter((item) => item.status === status).length;
		const running = sum(samples, names.running) ?? listed('running');
		const queued = sum(samples, names.queued) ?? listed('queued');
		const last = this.readings.at(-1);

		this.readings.push({ time_s, samples, durations });
		while (this.readings[0]!.time_s < time_s - percentile_window_s) this.readings.shift();
		this.charts?.load.push(time_s, [running, queued]);
		this.charts?.throughput.push(time_s, [
			this.perSecond(names.executions, last),
			this.perSecond(names.rejected, last),
		]);
		this.showLatency(time_s, durations);
		this.setTile('running', count(running), this.ofAtMost(samples, names.runningLimit));
		this.setTile('queued', count(queued), this.ofAtMost(samples, names.queueLimit));
		this.setTile('rate', this.average(), `${count(sum(samples, names.executions) ?? 0)} in all`);
		this.showRejected(samples);
		this.showProcess(samples);
	}

	private ofAtMost(samples: Samples, name: string): string {
		const limit = sum(samples, name);

		return limit === null ? '' : `of ${count(limit)} at most`;
	}

	private showLatency(time_s: number, durations: Map<number, number>): void {
		const before = this.readings[0]!.durations;
		const values = [0.5, 0.95, 0.99].map((share) => percentile(durations, before, share));
		const [p50, p95, p99] = values.map((value) => (value === null ? '–' : seconds(value)));

		this.charts?.latency.push(time_s, values);
		this.setTile(
			'latency',
			p95!,
			values[0] === null ? 'nothing finished lately' : `p50 ${p50}, p99 ${p99}`,
		);
	}

	private showRejected(samples: Samples): void {
		const reasons = byLabel(samples, names.rejected, 'reason').filter(([, value]) => value > 0);

		this.setTile(
			'rejected',
			count(reasons.reduce((total, [, value]) => total + value, 0)),
			reasons
				.slice(0, 3)
				.map(([reason, value]) => `${reason.replaceAll('_', ' ')} ${count(value)}`)
				.join(', ') || 'none so far',
		);
	}

	private showProcess(samples: Samples): void {
		const memory = sum(samples, names.memory),
			started = sum(samples, names.started);

		this.setTile(
			'memory',
			memory === null ? '–' : bytes(memory),
			started ? `up ${milliseconds(Math.max(0, Date.now() - started * 1000))}` : '',
		);
	}

	/* A counter that went back belongs to a new server: it starts from nothing. */
	private perSecond(name: string, last: Reading | undefined): number | null {
		const now = this.readings.at(-1)!;
		const value = sum(now.samples, name);

		if (!last || value === null) return null;
		const before = sum(last.samples, name) ?? 0;

		return (value >= before ? value - before : value) / Math.max(0.1, now.time_s - last.time_s);
	}

	private average(): string {
		const first = this.readings.at(-11) ?? this.readings[0];
		const value = first === this.readings.at(-1) ? null : this.perSecond(names.executions, first);

		return value === null ? '–' : rate(value);
	}
}

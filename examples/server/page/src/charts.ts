// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The charts of the monitor: lines over the last minutes, in the page's colours.
import uPlot from 'uplot';
import { make, setText } from './dom';

export interface Line {
	label: string;
	colour: string; /* a custom property of the style sheet */
	dash?: number[];
}

export interface Options {
	title: string;
	lines: Line[];
	write(value: number): string;
	floor: number; /* the least full scale */
	whole?: boolean; /* only whole numbers on the axis */
	window_s: number;
}

const height = 176;
const least_window_s = 60; /* a server that was just looked at has little to show: show that larger */
const dark = matchMedia('(prefers-color-scheme: dark)');
const clock = (time_s: number) => new Date(time_s * 1000).toLocaleTimeString('en-GB');

export class Chart {
	private plot: uPlot | null = null;
	private data: (number | null)[][];
	private readonly box = make('div', { class: 'plot', role: 'img' });
	private readonly values: HTMLElement[];
	private readonly at = make('span', { class: 'at' });

	constructor(
		parent: HTMLElement,
		private readonly options: Options,
	) {
		const { title, lines } = options;

		this.data = [[], ...lines.map(() => [])];
		this.values = lines.map(() => make('b', {}, '–'));
		parent.append(
			make(
				'figure',
				{ class: 'chart' },
				make('figcaption', {}, title),
				this.box,
				make(
					'p',
					{ class: 'legend' },
					...lines.map((line, index) =>
						make(
							'span',
							{},
							make('i', { class: line.colour.slice(2), 'aria-hidden': 'true' }),
							`${line.label} `,
							this.values[index]!,
						),
					),
					this.at,
				),
			),
		);
		new ResizeObserver(() => this.fit()).observe(this.box);
		dark.addEventListener('change', () => this.rebuild());
	}

	push(time_s: number, values: (number | null)[]): void {
		this.data[0]!.push(time_s);
		values.forEach((value, index) => this.data[index + 1]!.push(value));
		while (this.data[0]![0]! < time_s - this.options.window_s)
			this.data.forEach((series) => series.shift());
		if (!this.plot) this.rebuild();
		this.plot?.setData(this.data as uPlot.AlignedData);
		this.label();
	}

	/* The values under the pointer, or the last ones. */
	private label(): void {
		const pointed = this.plot?.cursor.idx ?? null;
		const index = pointed ?? this.data[0]!.length - 1;

		this.values.forEach((element, line) => setText(element, this.text(this.data[line + 1]![index])));
		setText(this.at, pointed === null ? '' : `at ${clock(this.data[0]![pointed]!)}`);
		this.box.setAttribute(
			'aria-label',
			`${this.options.title}. ${this.options.lines
				.map((line, number) => `${line.label}: ${this.text(this.data[number + 1]!.at(-1))}`)
				.join(', ')}`,
		);
	}

	private text(value: number | null | undefined): string {
		return value === null || value === undefined ? '–' : this.options.write(value);
	}

	private fit(): void {
		if (this.plot && this.box.clientWidth > 0) this.plot.setSize({ width: this.box.clientWidth, height });
		else this.rebuild();
	}

	private span(): [number, number] {
		const first = this.data[0]![0] ?? 0,
			last = this.data[0]!.at(-1) ?? 0;

		return [last - Math.min(this.options.window_s, Math.max(least_window_s, last - first)), last];
	}

	/* uPlot takes its colours once, so another colour scheme needs another plot. */
	private rebuild(): void {
		const style = getComputedStyle(document.documentElement);
		const colour = (name: string) => style.getPropertyValue(name).trim();
		const axis = {
			stroke: colour('--muted'),
			grid: { stroke: colour('--border'), width: 1 },
			ticks: { show: false },
			font: `11px ${colour('--sans')}`,
		};
		const { lines, write, floor, whole } = this.options;

		this.plot?.destroy();
		this.plot = null;
		if (this.box.clientWidth === 0) return;
		this.plot = new uPlot(
			{
				width: this.box.clientWidth,
				height,
				padding: [10, 26, 0, 0],
				legend: { show: false },
				cursor: { y: false, drag: { setScale: false, x: false, y: false } },
				hooks: { setCursor: [() => this.label()] },
				scales: {
					x: { range: () => this.span() },
					y: { range: (_, __, max) => [0, Math.max(max ?? 0, floor) * 1.1] },
				},
				series: [
					{},
					...lines.map((line): uPlot.Series => ({
						label: line.label,
						stroke: colour(line.colour),
						width: 1.75,
						dash: line.dash,
						points: { show: false },
					})),
				],
				axes: [
					{ ...axis, size: 24, space: 76, values: (_, splits) => splits.map(clock) },
					{
						...axis,
						size: 62,
						space: 34,
						incrs: whole ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000] : undefined,
						values: (_, splits) => splits.map((value) => (value === 0 ? '0' : write(value))),
					},
				],
			},
			this.data as uPlot.AlignedData,
			this.box,
		);
	}
}

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The charts of the monitor: lines over the last minutes, in the page's colours.
import uPlot from 'uplot';
import { make } from './dom';

export interface Line {
	label: string;
	colour: string; /* a custom property of the style sheet */
	dash?: number[];
}

const height = 190;
const dark = matchMedia('(prefers-color-scheme: dark)');

export class Chart {
	private plot: uPlot | null = null;
	private data: (number | null)[][];
	private readonly box = make('div', { class: 'plot', role: 'img' });

	constructor(parent: HTMLElement, private readonly title: string, private readonly lines: Line[],
		private readonly write: (value: number) => string, private readonly window_s: number) {
		this.data = [[], ...lines.map(() => [])];
		parent.append(make('figure', { class: 'chart' }, make('figcaption', {}, title), this.box));
		new ResizeObserver(() => this.fit()).observe(this.box);
		dark.addEventListener('change', () => this.rebuild());
	}

	push(time_s: number, values: (number | null)[]): void {
		this.data[0]!.push(time_s);
		values.forEach((value, index) => this.data[index + 1]!.push(value));
		while (this.data[0]![0]! < time_s - this.window_s)
			this.data.forEach((series) => series.shift());
		this.draw();
		this.box.setAttribute('aria-label', `${this.title}. ${this.lines.map((line, index) =>
			`${line.label}: ${this.text(values[index])}`).join(', ')}`);
	}

	private text(value: number | null | undefined): string {
		return value === null || value === undefined ? '–' : this.write(value);
	}

	private draw(): void {
		if (!this.plot && this.box.clientWidth > 0)
			this.rebuild();
		else
			this.plot?.setData(this.data as uPlot.AlignedData);
	}

	private fit(): void {
		const width = this.box.clientWidth;

		if (width === 0)
			return;
		if (this.plot)
			this.plot.setSize({ width, height });
		else
			this.rebuild();
	}

	/* uPlot takes its colours once, so another colour scheme needs another plot. */
	private rebuild(): void {
		const style = getComputedStyle(document.documentElement);
		const colour = (name: string) => style.getPropertyValue(name).trim();
		const axis = {
			stroke: colour('--muted'), grid: { stroke: colour('--border'), width: 1 }, ticks: { show: false },
			font: `11px ${colour('--sans')}`,
		};

		if (this.box.clientWidth === 0)
			return;
		this.plot?.destroy();
		this.plot = new uPlot({
			width: this.box.clientWidth,
			height,
			padding: [10, 8, 0, 0],
			cursor: { y: false, drag: { setScale: false } },
			scales: {
				x: { range: (_, __, max) => [max - this.window_s, max] },
				y: { range: (_, __, max) => [0, Math.max(max ?? 0, 1e-3) * 1.1] },
			},
			series: [
				{ value: (_, value) => (value === null ? '–' : new Date(value * 1000).toLocaleTimeString('en-GB')),
					label: 'At' },
				...this.lines.map((line): uPlot.Series => ({
					label: line.label, stroke: colour(line.colour), width: 1.75, dash: line.dash, spanGaps: false,
					points: { show: false }, value: (_, value) => this.text(value),
				})),
			],
			axes: [
				{ ...axis, space: 70, values: (_, splits) =>
					splits.map((time) => new Date(time * 1000).toLocaleTimeString('en-GB')) },
				{ ...axis, size: 62, space: 34, values: (_, splits) => splits.map((value) => this.write(value)) },
			],
		}, this.data as uPlot.AlignedData, this.box);
	}
}

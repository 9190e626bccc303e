// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A line the size of a word. Drawn with SVG attributes: nothing here needs inline styles.
import { svg } from './dom';

const width = 100,
	height = 24;

export class Spark {
	readonly element = svg('svg', {
		viewBox: `0 0 ${width} ${height}`,
		preserveAspectRatio: 'none',
		'aria-hidden': 'true',
	});
	private readonly area = svg('polygon');
	private readonly line = svg('polyline');
	private values: number[] = [];

	/* `floor`: the least full scale, so that noise around nothing does not fill the height. */
	constructor(
		private readonly capacity: number,
		private readonly floor: number,
	) {
		this.element.append(this.area, this.line);
	}

	push(value: number): void {
		this.values.push(value);
		if (this.values.length > this.capacity) this.values.shift();
		this.draw();
	}

	clear(): void {
		this.values = [];
		this.draw();
	}

	private draw(): void {
		const top = Math.max(this.floor, ...this.values);
		const step = width / Math.max(1, this.capacity - 1);
		const points = this.values.map(
			(value, index) =>
				`${(index * step).toFixed(1)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`,
		);

		this.line.setAttribute('points', points.join(' '));
		this.area.setAttribute(
			'points',
			points.length === 0
				? ''
				: `0,${height} ${points.join(' ')} ${((points.length - 1) * step).toFixed(1)},${height}`,
		);
	}
}

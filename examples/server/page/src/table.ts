// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The monitor's tables. A row stays the same element for as long as its execution is listed, so that its
// lines grow and what a person points at does not jump.
import { ApiError, request } from './api';
import { find, make, setText, show, toast } from './dom';
import { ago, bytes, milliseconds, percent, KIB } from './format';
import { Spark } from './spark';
import { toneOf, wordOf } from './status';
import type { Usage } from './types';

/* One item of GET executions. Times in milliseconds since 1970. */
export interface Listed {
	id: string;
	language: string;
	status: string;
	created_at?: number;
	started_at?: number | null;
	finished_at?: number | null;
	execution_time?: number | null;
	memory_usage?: number | null;
	usage?: Usage | null;
}

const recent_limit = 30;
const spark_points = 60;

function badge(element: HTMLElement, status: string): void {
	element.className = `badge ${toneOf(status)}`;
	setText(element, wordOf(status));
}

class ActiveRow {
	readonly element: HTMLTableRowElement;
	private readonly status = make('span');
	private readonly time = make('td');
	private readonly cpuText = make('span', { class: 'number' }, '–');
	private readonly memoryText = make('span', { class: 'number' }, '–');
	private readonly cpu = new Spark(spark_points, 1);
	private readonly memory = new Spark(spark_points, 1);
	private before: Usage | null = null;

	constructor(item: Listed) {
		const stop = make(
			'button',
			{ type: 'button', class: 'danger', 'aria-label': `Stop ${item.id.slice(0, 8)}` },
			'Stop',
		);

		stop.addEventListener('click', () => {
			stop.disabled = true;
			request(`executions/${item.id}`, { method: 'DELETE' }).catch((error: unknown) => {
				stop.disabled = false;
				if (!(error instanceof ApiError) || error.status !== 404)
					toast(error instanceof Error ? error.message : String(error));
			});
		});
		this.element = make(
			'tr',
			{},
			make('td', { class: 'id', title: item.id }, item.id.slice(0, 8)),
			make('td', {}, item.language),
			make('td', {}, this.status),
			this.time,
			make('td', {}, make('div', { class: 'cell' }, this.cpuText, this.holder(this.cpu))),
			make('td', {}, make('div', { class: 'cell' }, this.memoryText, this.holder(this.memory))),
			make('td', {}, stop),
		);
	}

	private holder(spark: Spark): HTMLElement {
		const holder = make('div', { class: 'spark' });

		holder.append(spark.element);
		return holder;
	}

	update(item: Listed, now: number): void {
		const since = item.started_at ?? item.created_at;

		badge(this.status, item.status);
		setText(this.time, since ? milliseconds(Math.max(0, Math.round((now - since) / 100) * 100)) : '–');
		if (item.usage) this.measure(item.usage);
	}

	private measure(usage: Usage): void {
		const before = this.before?.stage === usage.stage ? this.before : null;
		const wall = usage.wall_time_us - (before?.wall_time_us ?? 0);

		if (before && wall <= 0) return;
		const share = wall > 0 ? Math.max(0, usage.cpu_time_us - (before?.cpu_time_us ?? 0)) / wall : 0;

		this.before = usage;
		this.cpu.push(share);
		this.memory.push(usage.memory_bytes);
		setText(this.cpuText, percent(share));
		setText(this.memoryText, bytes(usage.memory_bytes));
	}
}

export class ActiveTable {
	private rows = new Map<string, ActiveRow>();

	update(items: Listed[], now: number): void {
		const body = find('#active');
		const listed = new Set(items.map(({ id }) => id));

		for (const [id, row] of this.rows) {
			if (listed.has(id)) continue;
			row.element.remove();
			this.rows.delete(id);
		}
		for (const item of items) {
			let row = this.rows.get(item.id);

			if (!row) {
				row = new ActiveRow(item);
				this.rows.set(item.id, row);
				body.append(row.element);
			}
			row.update(item, now);
		}
		show(find('#active-empty'), items.length === 0);
	}
}

export class RecentTable {
	private rows = new Map<string, { element: HTMLTableRowElement; when: HTMLElement; at: number }>();

	update(items: Listed[], now: number): void {
		const body = find('#recent');
		const shown = items.slice(0, recent_limit);
		const listed = new Set(shown.map(({ id }) => id));

		for (const [id, row] of this.rows) {
			if (listed.has(id)) continue;
			row.element.remove();
			this.rows.delete(id);
		}
		/* The newest first: what is new goes before what is there. */
		for (const item of [...shown].reverse()) {
			if (!this.rows.has(item.id)) body.prepend(this.add(item));
		}
		for (const { when, at } of this.rows.values()) setText(when, at ? ago(now - at) : '–');
		show(find('#recent-empty'), shown.length === 0);
	}

	private add(item: Listed): HTMLTableRowElement {
		const status = make('span'),
			when = make('td');
		const time = item.execution_time,
			memory = item.memory_usage;
		const element = make(
			'tr',
			{},
			make('td', { class: 'id', title: item.id }, item.id.slice(0, 8)),
			make('td', {}, item.language),
			make('td', {}, status),
			make('td', {}, typeof time === 'number' ? milliseconds(time) : '–'),
			make('td', {}, typeof memory === 'number' ? bytes(memory * KIB) : '–'),
			when,
		);

		badge(status, item.status);
		this.rows.set(item.id, { element, when, at: item.finished_at ?? 0 });
		return element;
	}
}

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The pane that shows what the program prints, as it comes. Chunks are gathered and drawn once per frame: a
// program that prints as fast as it can does not freeze the page.
import { make } from './dom';

export type Stream = 'stdout' | 'stderr';

const shown_limit = 2_000_000; /* characters: beyond that browsers get slow */

export class OutputPane {
	private pending: { stream: Stream; text: string }[] = [];
	private frame = 0;
	private last: { stream: Stream; element: HTMLElement; text: Text } | null = null;
	private startOfLine = true;
	private shown = 0;
	private full = false;
	private texts: string[] = [];

	constructor(private readonly pane: HTMLElement) {}

	clear(): void {
		cancelAnimationFrame(this.frame);
		this.frame = 0;
		this.pending = [];
		this.last = null;
		this.startOfLine = true;
		this.shown = 0;
		this.full = false;
		this.texts = [];
		this.pane.replaceChildren();
	}

	write(stream: Stream, text: string): void {
		const room = shown_limit - this.shown;

		if (text === '' || this.full) return;
		if (text.length > room) {
			text = text.slice(0, room);
			this.full = true;
		}
		this.shown += text.length;
		const previous = this.pending.at(-1);

		if (previous?.stream === stream) previous.text += text;
		else this.pending.push({ stream, text });
		this.frame ||= requestAnimationFrame(() => this.draw());
	}

	/* A remark of the page's own, below what the program printed. */
	note(text: string): void {
		this.draw();
		this.pane.append(make('span', { class: 'note' }, text));
		this.scroll(true);
	}

	/* Draws what waits, and says so if the page leaves the rest out. */
	finish(): void {
		this.draw();
		if (this.full) this.note('There is more: the page shows the first 2 million characters.');
		else if (this.shown === 0) this.note('The program printed nothing.');
	}

	text(): string {
		this.draw();
		return this.texts.join('');
	}

	isEmpty(): boolean {
		return this.shown === 0;
	}

	private draw(): void {
		const atEnd = this.pane.scrollHeight - this.pane.scrollTop - this.pane.clientHeight < 40;

		cancelAnimationFrame(this.frame);
		this.frame = 0;
		if (this.pending.length === 0) return;
		for (const { stream, text } of this.pending) this.append(stream, text);
		this.pending = [];
		this.scroll(atEnd);
	}

	private append(stream: Stream, text: string): void {
		this.texts.push(text);
		if (this.last?.stream === stream) {
			this.last.text.appendData(text);
		} else {
			const node = document.createTextNode(text);
			const element = make(
				'span',
				stream === 'stderr'
					? {
							class: this.startOfLine ? 'err block' : 'err',
							role: 'group',
							'aria-label': 'standard error',
							title: 'standard error',
						}
					: {},
				node,
			);

			this.pane.append(element);
			this.last = { stream, element, text: node };
		}
		this.startOfLine = text.endsWith('\n');
	}

	private scroll(follow: boolean): void {
		if (follow) this.pane.scrollTop = this.pane.scrollHeight;
	}
}

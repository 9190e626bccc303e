// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Server-sent events out of a text stream. The browser's own EventSource cannot send an Authorization
// header, so the page reads the stream itself.

export interface ServerEvent {
	id: string;
	type: string;
	data: string;
}

export class EventParser {
	private rest = '';
	private type = '';
	private data: string[] = [];
	private lastId = '';
	private afterReturn = false;

	constructor(private readonly emit: (event: ServerEvent) => void) {}

	feed(text: string): void {
		let start = 0;

		if (this.afterReturn && text.startsWith('\n')) text = text.slice(1);
		if (text !== '') this.afterReturn = text.endsWith('\r');
		text = this.rest + text;
		for (const match of text.matchAll(/\r\n|\n|\r/g)) {
			this.line(text.slice(start, match.index));
			start = match.index + match[0].length;
		}
		this.rest = text.slice(start);
	}

	private line(line: string): void {
		if (line === '') {
			this.dispatch();
			return;
		}
		const colon = line.indexOf(':');
		const field = colon < 0 ? line : line.slice(0, colon);
		let value = colon < 0 ? '' : line.slice(colon + 1);

		if (value.startsWith(' ')) value = value.slice(1);
		if (field === 'event') this.type = value;
		else if (field === 'data') this.data.push(value);
		else if (field === 'id' && !value.includes('\0')) this.lastId = value;
	}

	private dispatch(): void {
		if (this.data.length > 0)
			this.emit({ id: this.lastId, type: this.type || 'message', data: this.data.join('\n') });
		this.type = '';
		this.data = [];
	}
}

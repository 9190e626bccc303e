// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The server's interface. Addresses are relative, so that the page works below a proxy's path too.
import { EventParser, type ServerEvent } from './sse';

const keyName = 'codeexec-api-key';

/* What the server answered, in words for the person before the page. status 0: there was no answer at all. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		message: string,
		readonly retryAfter: number | null = null,
	) {
		super(message);
	}
}

let apiKey = readKey();
let onContact: (reachable: boolean) => void = () => undefined;

function readKey(): string {
	try {
		return sessionStorage.getItem(keyName) ?? '';
	} catch {
		return '';
	}
}

/* Kept for this tab only. */
export function setKey(key: string): void {
	apiKey = key;
	try {
		if (key) sessionStorage.setItem(keyName, key);
		else sessionStorage.removeItem(keyName);
	} catch {
		/* Without storage it lasts until the page is left. */
	}
}

export function getKey(): string {
	return apiKey;
}

/* Told after every attempt whether the server was there. */
export function watchContact(listener: (reachable: boolean) => void): void {
	onContact = listener;
}

function serverMessage(text: string): string {
	try {
		const body: unknown = JSON.parse(text);

		if (body && typeof body === 'object') {
			const fields = body as Record<string, unknown>;
			const error = fields['error'];

			if (
				error &&
				typeof error === 'object' &&
				typeof (error as Record<string, unknown>)['message'] === 'string'
			)
				return (error as Record<string, string>)['message'] ?? '';
			for (const field of [fields['message'], error, fields['detail'], fields['title']]) {
				if (typeof field === 'string') return field;
			}
		}
	} catch {
		/* Not JSON: a proxy's page perhaps. Its status says more. */
	}
	return '';
}

function describe(status: number, said: string, retryAfter: number | null): string {
	const again = retryAfter ? ` Try again in ${retryAfter} s.` : ' Try again in a moment.';

	switch (status) {
		case 401:
			return 'This server wants an API key. Enter one under “API key” at the top of the page.';
		case 403:
			return `The server refuses this.${said ? ` It says: ${said}` : ''}`;
		case 404:
			return said || 'The server does not know this execution any more.';
		case 413:
			return `That is too large for this server.${said ? ` It says: ${said}` : ''}`;
		case 429:
			return `The server is busy: ${said || 'too many executions are running or waiting'}.${again}`;
		case 503:
			return `The server takes no work at the moment: it is starting or shutting down.${again}`;
		default:
			if (status >= 500) return `The server failed (${status}).${said ? ` It says: ${said}` : ''}`;
			return said
				? `The server refused the request: ${said}`
				: `The server refused the request (${status}).`;
	}
}

function retryDelay(response: Response): number | null {
	const seconds = Number(response.headers.get('Retry-After') ?? '');

	return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null;
}

export interface Options {
	method?: string;
	json?: unknown;
	body?: string;
	headers?: Record<string, string>;
	signal?: AbortSignal;
}

/* Throws ApiError unless the answer is a 2xx; an abort passes as the browser throws it. */
export async function request(path: string, options: Options = {}): Promise<Response> {
	const headers = new Headers(options.headers);
	let response: Response;

	if (apiKey) headers.set('Authorization', `Bearer ${apiKey}`);
	if (options.json !== undefined) headers.set('Content-Type', 'application/json');
	else if (options.body !== undefined) headers.set('Content-Type', 'application/octet-stream');
	try {
		response = await fetch(path, {
			method: options.method ?? 'GET',
			headers,
			body: options.json === undefined ? options.body : JSON.stringify(options.json),
			signal: options.signal,
			cache: 'no-store',
			credentials: 'same-origin',
		});
	} catch (error) {
		if (options.signal?.aborted) throw error;
		onContact(false);
		throw new ApiError(0, 'The server does not answer. Is it still running?');
	}
	onContact(true);
	if (!response.ok) {
		const retry = retryDelay(response);
		const text = await response.text().catch(() => '');

		throw new ApiError(response.status, describe(response.status, serverMessage(text), retry), retry);
	}
	return response;
}

export async function requestJson<T>(path: string, options: Options = {}): Promise<T> {
	const response = await request(path, options);

	try {
		return (await response.json()) as T;
	} catch {
		throw new ApiError(
			response.status,
			'The server answered something that this page does not understand.',
		);
	}
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(resolve, milliseconds);

		signal.addEventListener(
			'abort',
			() => {
				clearTimeout(timer);
				reject(signal.reason);
			},
			{ once: true },
		);
	});
}

async function readEvents(response: Response, emit: (event: ServerEvent) => void): Promise<void> {
	const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
	const parser = new EventParser(emit);

	for (;;) {
		const { done, value } = await reader.read();

		if (done) return;
		parser.feed(value);
	}
}

/* Follows an execution to its end, and over lost connections: the server repeats what came after the last
 * event seen. `onLost` is told of every attempt to reach it again, and of success with 0. */
export async function follow(
	id: string,
	emit: (event: ServerEvent) => void,
	onLost: (attempt: number) => void,
	signal: AbortSignal,
): Promise<void> {
	const attempts = 12;
	let lastId = '',
		finished = false,
		lost = 0;

	const take = (event: ServerEvent) => {
		lastId = event.id || lastId;
		finished ||= event.type === 'finished';
		emit(event);
	};
	while (!finished) {
		try {
			const headers: Record<string, string> = lastId ? { 'Last-Event-ID': lastId } : {};
			const response = await request(`executions/${id}/events`, { headers, signal });

			if (lost > 0) onLost(0);
			lost = 0;
			await readEvents(response, take);
		} catch (error) {
			if (signal.aborted || (error instanceof ApiError && error.status !== 0 && error.status < 500))
				throw error;
		}
		if (finished) return;
		if (++lost > attempts)
			throw new ApiError(0, 'The connection to the server was lost, and it did not come back.');
		onLost(lost);
		await pause(Math.min(5000, 250 * 2 ** (lost - 1)), signal);
	}
}

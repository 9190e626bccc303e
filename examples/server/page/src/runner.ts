// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// One run of a program: sends it, follows its events, and shows them as they come.
import { ApiError, follow, request, requestJson } from './api';
import { find, setText, show } from './dom';
import { bytes, milliseconds, percent, KIB } from './format';
import type { OutputPane, Stream } from './output';
import { addCompilerOutput, clearReport, showReport } from './report';
import { Spark } from './spark';
import { exitText, hasRun, isTruncated, sentenceOf, toneOf, wallMs, wordOf, type Tone } from './status';
import type { ServerEvent } from './sse';
import type { Request, Result, Usage } from './types';

interface Hooks {
	onStart(): void;
	onEnd(): void;
	jump(line: number, column: number): void;
}

export function showStatus(tone: Tone, text: string): void {
	find('#status').className = `status ${tone}`;
	setText(find('#status-text'), text);
}

export function showProblem(text: string): void {
	setText(find('#problem'), text);
	show(find('#problem'), text !== '');
}

export class Runner {
	private id = '';
	private control: AbortController | null = null;
	private stopping = false;
	private status = '';
	private result: Result | null = null;
	private startedAt = 0;
	private clock = 0;
	private previous: Usage | null = null;
	private compilerSpoke = false;
	private gap = false; /* the server's buffer had dropped events that we had not seen */
	private readonly cpu = new Spark(120, 1);
	private readonly memory = new Spark(120, 1);

	constructor(
		private readonly output: OutputPane,
		private readonly hooks: Hooks,
	) {
		find('#spark-cpu').append(this.cpu.element);
		find('#spark-memory').append(this.memory.element);
	}

	get running(): boolean {
		return this.control !== null;
	}

	async run(body: Request): Promise<void> {
		if (this.control) return;
		this.begin();
		const control = new AbortController();

		this.control = control;
		try {
			const { id } = await requestJson<{ id: string }>('executions', {
				method: 'POST',
				json: body,
				signal: control.signal,
			});

			this.id = id;
			if (this.stopping) await this.stop();
			show(find('#feed'), Boolean(body.interactive));
			await follow(
				id,
				(event) => this.take(event),
				(attempt) => this.lost(attempt),
				control.signal,
			);
			this.finish(this.result ?? { status: 'system_error' });
		} catch (error) {
			this.fail(error);
		} finally {
			this.end();
		}
	}

	/* Asks the server; the events then bring the end. Before there is an id, the wish is remembered. */
	async stop(): Promise<void> {
		this.stopping = true;
		showStatus('busy', 'Stopping');
		if (!this.id) return;
		try {
			await request(`executions/${this.id}`, { method: 'DELETE' });
		} catch (error) {
			/* 404 and 409: it ended by itself in the meantime. */
			if (!(error instanceof ApiError) || ![404, 409].includes(error.status))
				this.control?.abort(error);
		}
	}

	async feed(text: string, close: boolean): Promise<void> {
		if (!this.id || !this.control) return;
		try {
			await request(`executions/${this.id}/stdin${close ? '?close=1' : ''}`, {
				method: 'POST',
				body: text,
			});
			if (close) show(find('#feed'), false);
		} catch (error) {
			showProblem(error instanceof Error ? error.message : String(error));
		}
	}

	private begin(): void {
		this.id = '';
		this.stopping = false;
		this.status = '';
		this.result = null;
		this.previous = null;
		this.compilerSpoke = false;
		this.gap = false;
		this.startedAt = performance.now();
		this.output.clear();
		this.cpu.clear();
		this.memory.clear();
		clearReport();
		showProblem('');
		showStatus('busy', 'Sending');
		for (const name of ['time', 'cpu', 'memory', 'exit']) setText(find(`#fact-${name}`), '–');
		this.clock = window.setInterval(() => this.tick(), 100);
		this.hooks.onStart();
	}

	private end(): void {
		clearInterval(this.clock);
		this.control = null;
		show(find('#feed'), false);
		this.hooks.onEnd();
	}

	private tick(): void {
		if (this.status === 'running')
			setText(
				find('#fact-time'),
				milliseconds(Math.round((performance.now() - this.startedAt) / 100) * 100),
			);
	}

	private take({ type, data }: ServerEvent): void {
		const value = JSON.parse(data) as Record<string, unknown>;

		if (type === 'status') this.enter(String(value['status'] ?? ''));
		else if (type === 'stdout' || type === 'stderr')
			this.print(type, String(value['data'] ?? ''), value['stage']);
		else if (type === 'usage') this.measure(value as unknown as Usage);
		else if (type === 'gap') this.gap = true;
		else if (type === 'finished')
			this.result = ((value['result'] as Result | undefined) ?? value) as unknown as Result;
	}

	private enter(status: string): void {
		this.status = status;
		if (status === 'running') this.startedAt = performance.now();
		if (!this.stopping) showStatus('busy', wordOf(status));
	}

	private print(stream: Stream, text: string, stage: unknown): void {
		if (stage !== 'compile') {
			this.output.write(stream, text);
			return;
		}
		this.compilerSpoke = true;
		addCompilerOutput(text);
	}

	private measure(usage: Usage): void {
		const before = this.previous?.stage === usage.stage ? this.previous : null;
		const wall = usage.wall_time_us - (before?.wall_time_us ?? 0);
		const share = wall > 0 ? Math.max(0, usage.cpu_time_us - (before?.cpu_time_us ?? 0)) / wall : 0;

		this.previous = usage;
		this.cpu.push(share);
		this.memory.push(usage.memory_bytes);
		setText(find('#fact-cpu'), percent(share));
		setText(find('#fact-memory'), bytes(usage.memory_bytes));
	}

	private lost(attempt: number): void {
		showProblem(attempt === 0 ? '' : 'The connection was lost. Trying to reach it again…');
	}

	private finish(result: Result): void {
		const cpu = result.cpu_time_us ?? Number(result.process_stats?.['cpu_time_us'] ?? NaN);

		const ran = hasRun(result);

		showStatus(toneOf(result.status), sentenceOf(result));
		setText(find('#fact-time'), ran ? milliseconds(wallMs(result)) : '–');
		setText(find('#fact-cpu'), ran && Number.isFinite(cpu) ? milliseconds(cpu / 1000) : '–');
		setText(
			find('#fact-memory'),
			ran && result.memory_usage !== undefined ? bytes(result.memory_usage * KIB) : '–',
		);
		setText(find('#fact-exit'), ran ? exitText(result) : '–');
		this.complete(result);
		if (result.status !== 'compilation_error') this.output.finish();
		else this.output.note('It was not run.');
		if (isTruncated(result)) this.output.note('The output limit was reached: the rest is not kept.');
		if (result.compile || this.compilerSpoke || result.diagnostics?.length || result.process_stats)
			showReport(result, this.hooks.jump);
	}

	/* Live output that was missed is made up from the result, where it is kept by stream. */
	private complete(result: Result): void {
		if (!this.gap && !this.output.isEmpty()) return;
		this.output.clear();
		this.output.write('stdout', result.stdout ?? '');
		this.output.write('stderr', result.stderr ?? '');
	}

	private fail(error: unknown): void {
		const reason = this.control?.signal.aborted ? this.control.signal.reason : error;

		showProblem(reason instanceof Error ? reason.message : String(reason));
		showStatus('bad', this.id ? 'Lost' : 'Not run');
		if (!this.output.isEmpty()) this.output.note('What came until then is above.');
	}
}

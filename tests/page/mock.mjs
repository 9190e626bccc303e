// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A stand-in for codeexec-server that runs nothing: it plays the answers that are hard to get from a real
// one on demand (busy, no key, a lost connection), and says how to play them in the program's first line:
//
//   # mock: print | loop | stderr | flood | drop | compile-error | gap | busy
//
// `node mock.mjs [PORT]` serves it by hand.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist =
	process.env.PAGE_DIST ?? join(dirname(fileURLToPath(import.meta.url)), '../../examples/server/page/dist');
const policy =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const files = {
	'/': 'index.html',
	'/app.js': 'app.js',
	'/app.css': 'app.css',
	'/favicon.svg': 'favicon.svg',
};
const types = {
	html: 'text/html; charset=utf-8',
	js: 'text/javascript',
	css: 'text/css',
	svg: 'image/svg+xml',
};
const languages = [
	{ name: 'python', title: 'Python 3', aliases: ['py'], version: '3.11.2', available: true },
	{ name: 'c', title: 'C (GNU C17)', aliases: ['gcc'], version: '12.2.0', available: true },
	{ name: 'bash', title: 'Bash', aliases: ['sh'], version: '5.2.15', available: true },
	{
		name: 'javascript',
		title: 'JavaScript (Node.js)',
		aliases: ['js'],
		version: '20.20.2',
		available: true,
	},
	{
		name: 'php',
		title: 'PHP',
		aliases: [],
		version: null,
		available: false,
		reason: 'php is not installed',
	},
];
const bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, Infinity];

class Execution {
	id = randomBytes(16).toString('hex');
	status = 'queued';
	created_at = Date.now();
	finished_at = null;
	usage = null;
	result = null;
	events = [];
	readers = new Set();
	cpu_us = 0;

	constructor(owner, body) {
		this.owner = owner;
		this.language = body.language;
		this.interactive = body.interactive === true;
		this.play = /^(?:#|\/\/) mock: (\S+)/.exec(body.code)?.[1] ?? 'print';
		setTimeout(() => this.start(), 30);
	}

	emit(type, data) {
		this.events.push(`id: ${this.events.length + 1}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
		for (const reader of this.readers) reader.write(this.events.at(-1));
	}

	enter(status) {
		this.status = status;
		this.emit('status', { status });
	}

	print(stream, data, stage = 'run') {
		this.emit(stream, { stage, data });
	}

	start() {
		if (this.status !== 'queued') return;
		if (this.play === 'compile-error') {
			this.enter('compiling');
			this.print('stderr', "main.c:4:2: error: 'x' undeclared\n", 'compile');
			this.finish('compilation_error', {
				exit_code: null,
				compile: {
					status: 'error',
					stdout: '',
					stderr: "main.c:4:2: error: 'x' undeclared\n",
					execution_time: 34,
					exit_code: 1,
					diagnostics: [
						{ severity: 'error', message: "'x' undeclared", file: 'main.c', line: 4, column: 2 },
					],
				},
			});
			return;
		}
		this.started_at = Date.now();
		this.enter('running');
		this.sampler = setInterval(() => this.sample(), 100);
		this.act();
	}

	act() {
		if (this.play === 'loop' || this.play === 'drop' || this.interactive) return;
		if (this.play === 'stderr') this.print('stderr', 'something is wrong\n');
		if (this.play === 'gap') this.emit('gap', { from: 1, to: 9 });
		for (let i = 0; this.play === 'flood' && i < 300; i++) this.print('stdout', `${'x'.repeat(9999)}\n`);
		this.print('stdout', 'Hello from the mock\n');
		setTimeout(() => this.finish('success', { exit_code: 0 }), 150);
	}

	sample() {
		const step = this.play === 'loop' ? 99000 + Math.random() * 1000 : 20000;

		this.cpu_us += step;
		this.usage = {
			stage: 'run',
			wall_time_us: (Date.now() - this.started_at) * 1000,
			cpu_time_us: this.cpu_us,
			tasks: 1,
			memory_bytes: Math.round(9e6 + 3e6 * Math.sin(this.cpu_us / 4e5)),
			read_bytes: 0,
			write_bytes: 0,
		};
		this.emit('usage', this.usage);
		if (this.play === 'drop' && this.cpu_us === 100000) {
			this.deafUntil = Date.now() + 1500;
			for (const reader of this.readers) reader.destroy();
			this.print('stdout', 'said while nobody listened\n');
			setTimeout(() => this.finish('success', { exit_code: 0 }), 800);
		}
	}

	finish(status, more) {
		const wall_us = this.started_at ? (Date.now() - this.started_at) * 1000 : 0;

		if (this.result) return;
		clearInterval(this.sampler);
		this.status = status;
		this.finished_at = Date.now();
		this.result = {
			id: this.id,
			language: this.language,
			runtime: 'mock',
			status,
			message: null,
			stdout: '',
			stderr: '',
			signal: null,
			execution_time: Math.round(wall_us / 1000),
			wall_us,
			cpu_time_us: this.cpu_us,
			memory_usage: 9120,
			limit_hit: [],
			truncated: { stdout: false, stderr: false },
			compile: null,
			diagnostics: [],
			process_stats: { user_time_us: 7000, system_time_us: 3000, max_rss: 9000, minor_faults: 912 },
			isolation: {
				protections: ['user_namespace', 'seccomp', 'landlock'],
				missing: [],
				limits_backend: 'mock',
			},
			...more,
		};
		if (this.play === 'gap') this.result.stdout = 'all of it, from the result\n';
		this.emit('finished', this.result);
		for (const reader of this.readers) reader.end();
	}

	listed() {
		const { id, language, status, created_at, started_at, finished_at, usage, result } = this;

		return {
			id,
			language,
			status,
			created_at,
			started_at,
			finished_at,
			usage,
			execution_time: result?.execution_time ?? null,
			memory_usage: result?.memory_usage ?? null,
		};
	}
}

export class Mock {
	executions = [];
	rejected = 0;
	key = '';
	started = Date.now() / 1000;

	async listen(port = 0) {
		this.server = createServer((request, response) =>
			this.answer(request, response).catch((error) => {
				console.error(error);
				response.destroy();
			}),
		);
		await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
		this.port = this.server.address().port;
		return `http://127.0.0.1:${this.port}/`;
	}

	async close() {
		for (const execution of this.executions) clearInterval(execution.sampler);
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	async answer(request, response) {
		const url = new URL(request.url, 'http://mock');
		const [, first, id, part] = url.pathname.split('/');
		const key = (request.headers.authorization ?? '').replace('Bearer ', '');
		let body = '';

		for await (const chunk of request) body += chunk;
		if (request.method === 'GET' && files[url.pathname])
			await this.sendFile(response, files[url.pathname]);
		else if (first === 'healthz') this.send(response, 200, { status: 'ok' });
		else if (this.key && key !== this.key)
			this.send(response, 401, { error: { code: 'unauthorized', message: 'an API key is needed' } });
		else if (first === 'languages') this.send(response, 200, { languages });
		else if (first === 'metrics')
			response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(this.metrics());
		else if (first === 'executions' && !id) this.collection(request, response, body);
		else
			this.item(
				request,
				response,
				url,
				this.executions.find((execution) => execution.id === id),
				part,
				body,
			);
	}

	send(response, status, value, headers = {}) {
		response
			.writeHead(status, { 'Content-Type': 'application/json', ...headers })
			.end(JSON.stringify(value));
	}

	async sendFile(response, name) {
		const data = await readFile(join(dist, name));

		response
			.writeHead(200, {
				'Content-Type': types[name.split('.').at(-1)],
				'Content-Security-Policy': policy,
				'Cache-Control': 'no-cache',
				'X-Content-Type-Options': 'nosniff',
			})
			.end(data);
	}

	collection(request, response, text) {
		if (request.method === 'GET') {
			this.send(response, 200, { executions: this.executions.map((execution) => execution.listed()) });
			return;
		}
		const body = JSON.parse(text);

		if (body.code.includes('mock: busy')) {
			this.rejected++;
			this.send(
				response,
				429,
				{ error: { code: 'queue_full', message: 'the queue is full' } },
				{ 'Retry-After': '7' },
			);
			return;
		}
		if ((body.limits?.memory ?? 0) > 2 ** 30) {
			this.send(response, 400, {
				error: {
					code: 'over_limit',
					field: 'limits.memory',
					message: 'limits.memory is above the ceiling of 1073741824',
				},
			});
			return;
		}
		const execution = new Execution(this, body);

		this.executions.push(execution);
		this.send(response, 202, { id: execution.id, status: 'queued' });
	}

	item(request, response, url, execution, part, body) {
		if (!execution) {
			this.send(response, 404, { error: { code: 'not_found', message: 'no such execution' } });
		} else if (part === 'events' && execution.deafUntil > Date.now()) {
			response.destroy();
		} else if (part === 'events') {
			response.writeHead(200, { 'Content-Type': 'text/event-stream' });
			for (const event of execution.events.slice(Number(request.headers['last-event-id'] ?? 0)))
				response.write(event);
			execution.readers.add(response);
			response.on('close', () => execution.readers.delete(response));
			if (execution.result) response.end();
		} else if (part === 'stdin') {
			if (body) execution.print('stdout', `you said: ${body}`);
			if (url.searchParams.get('close')) execution.finish('success', { exit_code: 0 });
			this.send(response, 202, {});
		} else if (request.method === 'DELETE') {
			execution.finish('cancelled', { exit_code: null, signal: 9, signal_name: 'SIGKILL' });
			this.send(response, 202, execution.listed());
		} else {
			this.send(response, 200, { ...execution.listed(), result: execution.result });
		}
	}

	metrics() {
		const over = this.executions.filter(({ result }) => result);
		const of = (status) => this.executions.filter((execution) => execution.status === status).length;
		const name = 'codeexec_stage_duration_seconds';

		return [
			'# TYPE codeexec_executions_total counter',
			...['success', 'cancelled', 'compilation_error'].map(
				(status) => `codeexec_executions_total{language="python",status="${status}"} ${of(status)}`,
			),
			`# TYPE ${name} histogram`,
			...bounds.map(
				(bound) =>
					`${name}_bucket{stage="run",le="${bound === Infinity ? '+Inf' : bound}"} ${
						over.filter(({ result }) => result.wall_us / 1e6 <= bound).length
					}`,
			),
			`codeexec_rejected_total{reason="queue_full"} ${this.rejected}`,
			`codeexec_running ${of('running')}`,
			'codeexec_running_limit 10',
			`codeexec_queue_depth ${of('queued')}`,
			'codeexec_queue_limit 100',
			'process_resident_memory_bytes 9437184',
			`process_start_time_seconds ${this.started}`,
			'',
		].join('\n');
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	console.log(await new Mock().listen(Number(process.argv[2] ?? 8099)));

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The page against the server itself, with real programs in real sandboxes. PAGE_SERVER names the executable.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertContrast, assertNoOverflow, launch, open, picture, status, type } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'codeexec-page-'));
let browser, server, url;

/* Starts one on a free port, which its log names. */
async function start(settings = {}) {
	const child = spawn(process.env.PAGE_SERVER, [], {
		env: {
			...process.env,
			CODE_EXEC_PORT: '0',
			MAX_CONCURRENT_EXECUTIONS: '2',
			CODE_EXEC_QUEUE_LIMIT: '4',
			...settings,
		},
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let log = '';

	return new Promise((resolve, reject) => {
		child.stderr.on('data', (data) => {
			log += data;
			const port = /listening on \S+ port (\d+)/.exec(log);

			if (port && log.includes('"ready"')) resolve({ child, url: `http://127.0.0.1:${port[1]}/` });
		});
		child.on('exit', () => reject(new Error(`the server ended:\n${log}`)));
	});
}

async function stop({ child }) {
	const ended = new Promise((resolve) => child.on('exit', (code) => resolve(code)));

	child.kill('SIGTERM');
	return ended;
}

before(async () => {
	browser = await launch();
	server = await start({ CODE_EXEC_DRAIN_TIMEOUT: '1s' });
	url = server.url;
});
after(async () => {
	await browser.close();
	assert.equal(await stop(server), 0);
	rmSync(folder, { recursive: true });
});

function scene(name, options, body) {
	test(name, async () => {
		const view = await open(browser, url + (options.fragment ?? ''), options.browser);

		try {
			await body(view.page);
		} finally {
			await view.close();
		}
	});
}

const output = (page) => page.locator('#output').textContent();
const post = (path, body) =>
	fetch(url + path, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify(body),
	});

test('the_page_comes_with_a_strict_policy_and_etags', async () => {
	for (const name of ['', 'app.js', 'app.css', 'favicon.svg']) {
		const first = await fetch(url + name);
		const again = await fetch(url + name, { headers: { 'If-None-Match': first.headers.get('etag') } });
		const policy = first.headers.get('content-security-policy');

		assert.equal(first.status, 200, name);
		assert.equal(again.status, 304, name);
		assert.match(policy, /default-src 'none'/);
		assert.doesNotMatch(policy, /unsafe|\*|http/);
	}
});

scene('a_typed_program_runs_and_its_output_is_read', {}, async (page) => {
	await type(
		page,
		'import sys\nprint("sum", sum(range(101)))\nprint("careful", file=sys.stderr)\nsys.exit(3)\n',
	);
	await page.keyboard.press('Control+Enter');
	await status(page, 'Failed: exit code 3');
	assert.match(await output(page), /sum 5050\n/);
	assert.equal(await page.locator('#output .err').textContent(), 'careful\n');
	assert.match(await page.locator('#fact-time').innerText(), /^[\d.]+ m?s$/);
	assert.match(await page.locator('#fact-memory').innerText(), /^[\d.]+ [KM]iB$/);
	assert.equal(await page.locator('#fact-exit').innerText(), '3');
	await page.click('#details summary');
	assert.match(await page.locator('#details-list').innerText(), /In force/);
	await picture(page, 'server-run');
});

scene('output_arrives_while_the_program_runs', {}, async (page) => {
	await type(page, 'import time\nprint("first", flush=True)\ntime.sleep(60)\n');
	await page.click('#run');
	await page.locator('#output').filter({ hasText: 'first' }).waitFor();
	assert.equal(await page.locator('#status-text').innerText(), 'Running');
	await page.click('#stop');
	await status(page, 'Stopped');
});

scene('an_endless_loop_is_seen_at_work_and_stopped', {}, async (page) => {
	await type(page, 'x = bytearray(20_000_000)\nwhile True: pass\n');
	await page.click('#run');
	await page
		.locator('#fact-cpu')
		.filter({ hasText: /[1-9]\d* %/ })
		.waitFor();
	await page
		.locator('#fact-time')
		.filter({ hasText: /^[2-9].* s$/ })
		.waitFor();
	assert.match(await page.locator('#spark-memory polyline').getAttribute('points'), /( \S+){5}/);
	await picture(page, 'server-loop');
	await page.click('#stop');
	await status(page, 'Stopped');
});

scene('input_arguments_and_limits_reach_the_program', {}, async (page) => {
	await page.click('#input-fold summary');
	await page.click('#limits-fold summary');
	await type(
		page,
		'import sys\nprint(sys.argv[1:], sys.stdin.read(), flush=True)\nx = bytearray(200 << 20)\n',
	);
	await page.fill('#stdin', 'grüße\n');
	await page.fill('#args', 'a "b c"');
	await page.fill('#limit-memory', '32');
	await page.click('#run');
	await status(page, /^Memory limit reached/);
	assert.match(await output(page), /\['a', 'b c'\] grüße/);
});

scene('a_limit_above_the_ceiling_is_explained', { browser: { expected: /400/ } }, async (page) => {
	await page.click('#limits-fold summary');
	await page.fill('#limit-memory', '99999999');
	await page.click('#run');
	assert.match(await page.locator('#problem:visible').innerText(), /memory/);
});

scene('a_running_program_can_be_talked_to', {}, async (page) => {
	await page.click('#input-fold summary');
	await page.check('#interactive');
	await type(
		page,
		'print("who?", flush=True)\nprint("hello", input(), flush=True)\nprint(input() == "")\n',
	);
	await page.click('#run');
	await page.locator('#output').filter({ hasText: 'who?' }).waitFor();
	await page.fill('#feed-line', 'Ada');
	await page.keyboard.press('Enter');
	await page.locator('#output').filter({ hasText: 'hello Ada' }).waitFor();
	await page.click('#feed-end');
	await status(page, 'Failed: exit code 1');
	assert.match(await output(page), /EOFError/);
});

scene('a_compile_error_leads_to_its_line', {}, async (page) => {
	await page.selectOption('#language', 'c');
	await type(page, '#include <stdio.h>\n\nint main(void)\n{\n\treturn missing;\n}\n');
	await page.click('#run');
	await status(page, /^Does not compile/);
	await picture(page, 'server-compiler');
	await page.locator('#diagnostics button').first().click();
	assert.match(await page.locator('.cm-activeLine').innerText(), /missing/);
});

scene('every_sample_runs', {}, async (page) => {
	const names = await page
		.locator('#language option:enabled')
		.evaluateAll((options) => options.map(({ value }) => value));

	assert.ok(names.includes('python'), names.join(' '));
	for (const name of names) {
		await page.selectOption('#language', name);
		if (!(await page.locator('.cm-content').innerText()).trim())
			continue; /* a language that has no sample yet */
		await page.click('#run');
		await page.locator('#run').waitFor();
		assert.match(await page.locator('#status-text').innerText(), /^Success/, name);
		assert.notEqual((await output(page)).trim(), '', name);
	}
});

scene('the_monitor_shows_what_runs_waits_ends_and_is_turned_away', { fragment: '#monitor' }, async (page) => {
	const loop = { language: 'python', code: 'x = bytearray(30_000_000)\nwhile True: pass\n' };
	const started = [];

	for (let i = 0; i < 5; i++) await post('execute', { language: 'bash', code: 'echo $((6 * 7))' });
	await page.locator('#recent tr').nth(4).waitFor();
	for (let i = 0; i < 9; i++) started.push(await post('executions', loop));
	assert.deepEqual(
		started.map((answer) => answer.status),
		[202, 202, 202, 202, 202, 202, 429, 429, 429],
	);
	await page.locator('#tile-running').filter({ hasText: /^2$/ }).waitFor();
	await page.locator('#tile-queued').filter({ hasText: /^4$/ }).waitFor();
	await page.locator('#tile-rejected').filter({ hasText: /^3$/ }).waitFor();
	assert.equal(await page.locator('#active tr').count(), 6);
	assert.match(await page.locator('#tile-latency').innerText(), /m?s$/);
	for (const chart of await page.locator('.chart .plot').all()) await chart.locator('canvas').waitFor();
	await page
		.locator('#active tr')
		.first()
		.locator('.spark polyline[points*=" "]')
		.first()
		.waitFor({ state: 'attached' });
	const seen = await page.locator('.chart .plot').nth(2).getAttribute('aria-label');

	assert.match(seen, /Running: 2, Queued: 4/);
	await page.waitForTimeout(4000); /* for a picture with lines in it */
	await assertContrast(page);
	await picture(page, 'server-monitor');
	for (let left = 6; left > 0; left--) {
		await page.locator('#active button').first().click();
		await page.locator(`#active tr:nth-child(${left})`).waitFor({ state: 'detached' });
	}
	await page.locator('#active-empty:visible').waitFor();
	await page.locator('#tile-running').filter({ hasText: /^0$/ }).waitFor();
	assert.ok((await page.locator('#recent .badge', { hasText: 'Stopped' }).count()) >= 6);
});

for (const colorScheme of ['light', 'dark']) {
	const phone = {
		viewport: { width: 390, height: 844 },
		deviceScaleFactor: 2,
		isMobile: true,
		hasTouch: true,
	};

	scene(
		`nothing_overflows_on_a_phone_${colorScheme}`,
		{ browser: { ...phone, colorScheme } },
		async (page) => {
			await page.click('#run');
			await status(page, /^Success/);
			await page.click('#details summary');
			await assertNoOverflow(page);
			await assertContrast(page);
			await page.click('#details summary');
			await picture(page, `server-phone-${colorScheme}`);
			await page.click('#tab-monitor');
			await page.locator('#recent tr').first().waitFor();
			await assertNoOverflow(page);
			await assertContrast(page);
			await picture(page, `server-phone-${colorScheme}-monitor`);
		},
	);
}

test('with_keys_the_page_asks_for_one_and_shows_only_its_own', async () => {
	const digest = (key) => createHash('sha256').update(key).digest('hex');
	const file = join(folder, 'keys');

	writeFileSync(file, `mine ${digest('key-of-mine')}\nother ${digest('key-of-others')}\n`, { mode: 0o600 });
	const keyed = await start({ CODE_EXEC_API_KEYS_FILE: file });
	const view = await open(browser, keyed.url, { expected: /401/ });

	try {
		assert.match(await view.page.locator('#problem:visible').innerText(), /API key/);
		await view.page.click('#key-open');
		await view.page.fill('#key', 'key-of-mine');
		await view.page.keyboard.press('Enter');
		await view.page.locator('#run:enabled').waitFor();
		await view.page.click('#run');
		await status(view.page, /^Success/);
		const seen = async (key) =>
			(
				await (
					await fetch(`${keyed.url}executions`, {
						headers: { Authorization: `Bearer ${key}` },
					})
				).json()
			).executions.length;

		assert.equal(await seen('key-of-mine'), 1);
		assert.equal(await seen('key-of-others'), 0);
	} finally {
		await view.close();
		await stop(keyed);
	}
});

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The page against the stand-in: what a real server does not do on demand, and what does not need one.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertContrast, assertNoOverflow, launch, open, picture, status, type } from './browser.mjs';
import { Mock } from './mock.mjs';

let browser;

before(async () => {
	browser = await launch();
});
after(async () => {
	await browser.close();
});

/* Each test has a server of its own. */
function scene(name, options, body) {
	test(name, async () => {
		const mock = new Mock();

		Object.assign(mock, options.mock);
		const url = await mock.listen();
		const view = await open(browser, url + (options.fragment ?? ''), options.browser);

		try {
			await body(view.page, mock, url);
		} finally {
			await view.close();
			await mock.close();
		}
	});
}

const expect401 = { expected: /401/ };
const expectFailures = { expected: /Failed to load resource|ERR_/ };

scene('a_program_runs_and_shows_output_time_memory_and_exit', {}, async (page) => {
	await type(page, '# mock: print\nprint("Hello")\n');
	await page.keyboard.press('Control+Enter');
	await status(page, /^Success in /);
	assert.match(await page.locator('#output').innerText(), /Hello from the mock/);
	assert.match(await page.locator('#fact-time').innerText(), /ms$/);
	assert.match(await page.locator('#fact-memory').innerText(), /MiB$/);
	assert.equal(await page.locator('#fact-exit').innerText(), '0');
	await assertContrast(page);
	await picture(page, 'mock-success');
});

scene('standard_error_is_marked', {}, async (page) => {
	await type(page, '# mock: stderr\n');
	await page.click('#run');
	await status(page, /^Success/);
	assert.equal(await page.locator('#output .err').textContent(), 'something is wrong\n');
	assert.equal(await page.locator('#output .err').getAttribute('aria-label'), 'standard error');
	await assertContrast(page);
});

scene('stop_ends_an_endless_loop', {}, async (page) => {
	await type(page, '# mock: loop\n');
	await page.click('#run');
	await status(page, 'Running');
	await page.locator('#spark-cpu polyline[points*=" "]').waitFor({ state: 'attached' });
	await page.click('#stop');
	await status(page, 'Stopped');
	await page.locator('#run').waitFor();
	assert.ok(await page.locator('#run').evaluate((button) => button === document.activeElement));
});

scene('a_busy_server_is_said_with_when_to_try_again', { browser: expectFailures }, async (page) => {
	await type(page, '# mock: busy\n');
	await page.click('#run');
	assert.match(
		await page.locator('#problem:visible').innerText(),
		/busy: the queue is full\. Try again in 7 s/,
	);
	await status(page, 'Not run');
	await picture(page, 'mock-busy');
});

scene('a_refused_limit_shows_what_the_server_said', { browser: expectFailures }, async (page) => {
	await page.click('#limits-fold summary');
	await page.fill('#limit-memory', '5000');
	await page.click('#run');
	assert.match(await page.locator('#problem:visible').innerText(), /above the ceiling/);
});

scene('a_limit_that_is_no_number_is_refused_before_it_is_sent', {}, async (page, mock) => {
	await page.click('#limits-fold summary');
	await page.fill('#limit-timeout', '-1');
	await page.click('#run');
	assert.match(await page.locator('#problem:visible').innerText(), /above 0/);
	assert.equal(mock.executions.length, 0);
});

scene('a_lost_connection_is_resumed_without_losing_output', { browser: expectFailures }, async (page) => {
	await type(page, '# mock: drop\n');
	await page.click('#run');
	await page.locator('#problem:visible').filter({ hasText: 'Trying to reach it again' }).waitFor();
	await status(page, /^Success/);
	assert.equal(await page.locator('#output').textContent(), 'said while nobody listened\n');
	assert.ok(await page.locator('#problem').isHidden());
});

scene('missed_events_are_made_up_from_the_result', {}, async (page) => {
	await type(page, '# mock: gap\n');
	await page.click('#run');
	await status(page, /^Success/);
	assert.match(await page.locator('#output').innerText(), /^all of it, from the result\n/);
});

scene(
	'a_server_that_is_gone_is_said_and_noticed_when_it_is_back',
	{ browser: expectFailures },
	async (page, mock) => {
		const port = mock.port;

		await mock.close();
		await page.click('#run');
		assert.match(await page.locator('#problem:visible').innerText(), /does not answer/);
		await page.locator('#contact.lost').waitFor();
		await mock.listen(port);
		await page.locator('#contact:not(.lost)').filter({ hasText: 'Connected' }).waitFor();
		await page.click('#run');
		await status(page, /^Success/);
	},
);

scene('a_key_is_asked_for_and_sent', { mock: { key: 'secret-key' }, browser: expect401 }, async (page) => {
	assert.match(await page.locator('#problem:visible').innerText(), /API key/);
	await page.click('#key-open');
	await page.fill('#key', 'secret-key');
	await picture(page, 'mock-key');
	await page.click('#key-save');
	await page.locator('#run:enabled').waitFor();
	await page.click('#run');
	await status(page, /^Success/);
});

scene('compiler_messages_lead_to_their_line', {}, async (page) => {
	await page.selectOption('#language', 'c');
	await type(page, '// mock: compile-error\nint main(void)\n{\n\treturn x;\n}\n');
	await page.click('#run');
	await status(page, /^Does not compile/);
	await picture(page, 'mock-compiler');
	await assertContrast(page);
	await page.click('#diagnostics button');
	assert.match(await page.locator('.cm-activeLine').innerText(), /return x/);
});

scene('a_flood_of_output_does_not_freeze_the_page', {}, async (page) => {
	await type(page, '# mock: flood\n');
	await page.click('#run');
	await status(page, /^Success/);
	assert.match(await page.locator('#output .note').innerText(), /first 2 million/);
});

scene('a_program_can_be_talked_to_while_it_runs', {}, async (page) => {
	await page.click('#input-fold summary');
	await page.check('#interactive');
	await page.click('#run');
	await page.fill('#feed-line', 'good morning');
	await page.keyboard.press('Enter');
	await page.locator('#output').filter({ hasText: 'you said: good morning' }).waitFor();
	await picture(page, 'mock-interactive');
	await page.click('#feed-end');
	await status(page, /^Success/);
	assert.ok(await page.locator('#feed').isHidden());
});

scene('a_link_carries_program_input_arguments_and_limits', {}, async (page, mock, url) => {
	const program = '# mock: print\nprint("ünïcödé 🎉")\n';

	await page.click('#input-fold summary');
	await page.click('#limits-fold summary');
	await type(page, program);
	await page.fill('#stdin', 'one\ntwo\n');
	await page.fill('#args', 'a "b c"');
	await page.fill('#limit-memory', '64');
	await page.click('#share');
	await page.waitForURL(/#p1:/);
	const other = await open(browser, page.url());

	assert.deepEqual(await other.page.locator('.cm-line').allTextContents(), program.split('\n'));
	assert.equal(await other.page.inputValue('#stdin'), 'one\ntwo\n');
	assert.equal(await other.page.inputValue('#args'), 'a "b c"');
	assert.equal(await other.page.inputValue('#limit-memory'), '64');
	assert.equal(mock.executions.length, 0, 'a link is never run by itself');
	await other.page.goto(`${url}#p1:damaged`);
	await other.close();
});

scene('each_language_has_its_own_draft_and_a_sample', {}, async (page) => {
	const text = () => page.locator('.cm-content').innerText();

	for (const name of ['c', 'bash', 'javascript']) {
		await page.selectOption('#language', name);
		assert.ok((await text()).length > 20, name);
		assert.ok((await page.locator('.cm-content span[class]').count()) > 3, `${name} is highlighted`);
	}
	await type(page, '# mine\n');
	await page.selectOption('#language', 'python');
	await page.selectOption('#language', 'javascript');
	assert.match(await text(), /^# mine/);
});

scene('the_monitor_moves', { fragment: '#monitor' }, async (page, mock, url) => {
	const run = (code) =>
		fetch(`${url}executions`, { method: 'POST', body: JSON.stringify({ language: 'python', code }) });

	await run('# mock: loop');
	await run('# mock: busy');
	for (let i = 0; i < 5; i++) await run('# mock: print');
	await page.locator('#active tr').first().waitFor();
	await page.locator('#active .spark polyline[points*=" "]').first().waitFor({ state: 'attached' });
	await page.locator('#recent tr').nth(4).waitFor();
	await page
		.locator('#tile-rate')
		.filter({ hasText: /^[1-9.0]+$/ })
		.waitFor();
	await page.locator('#tile-running').filter({ hasText: /^1$/ }).waitFor();
	assert.equal(await page.locator('#tile-rejected').innerText(), '1');
	assert.equal(await page.locator('.chart canvas').count(), 3);
	await page.waitForTimeout(3000); /* for a picture with something in it */
	await assertContrast(page);
	await picture(page, 'mock-monitor');
	await page.click('#active button');
	await page.locator('#active-empty:visible').waitFor();
});

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

for (const [name, colorScheme] of [
	['phone-light', 'light'],
	['phone-dark', 'dark'],
]) {
	scene(
		`nothing_overflows_at_390_px_${colorScheme}`,
		{ browser: { ...phone, colorScheme } },
		async (page) => {
			await assertNoOverflow(page);
			await type(page, `# mock: stderr\nprint("${'wide'.repeat(60)}")\n`);
			await page.click('#run');
			await status(page, /^Success/);
			await page.click('#input-fold summary');
			await page.click('#limits-fold summary');
			await page.click('#details summary');
			await assertNoOverflow(page);
			await assertContrast(page);
			await page.screenshot({
				path: `${process.env.PAGE_PICTURES ?? 'pictures'}/mock-${name}.png`,
				fullPage: true,
			});
			await page.click('#tab-monitor');
			await page.locator('#recent tr').first().waitFor();
			await assertNoOverflow(page);
			await assertContrast(page);
			await page.screenshot({
				path: `${process.env.PAGE_PICTURES ?? 'pictures'}/mock-${name}-monitor.png`,
				fullPage: true,
			});
		},
	);
}

scene('dark_mode_follows_the_system', { browser: { colorScheme: 'dark' } }, async (page) => {
	await page.click('#run');
	await status(page, /^Success/);
	const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);

	assert.equal(ground, 'rgb(17, 21, 28)');
	await assertContrast(page);
	await picture(page, 'mock-dark');
});

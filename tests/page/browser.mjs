// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A headless browser that reports what a person would not see: errors of scripts, of the console, of the
// policy.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const executable = process.env.PAGE_CHROMIUM ?? '/usr/bin/chromium';
const pictures = process.env.PAGE_PICTURES ?? 'pictures';

mkdirSync(pictures, { recursive: true });

export async function launch() {
	return chromium.launch({
		executablePath: executable,
		args: [
			'--headless',
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			'--disable-dev-shm-usage',
		],
	});
}

/* Opens the page. `close` fails if anything went wrong meanwhile that `expected` does not allow. */
export async function open(browser, url, { expected = /^$/, ...options } = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
	const problems = [];

	context.setDefaultTimeout(Number(process.env.PAGE_TIMEOUT_MS ?? 20000));
	await context.addInitScript(() => {
		window.addEventListener('securitypolicyviolation', (event) =>
			console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
		);
	});
	const page = await context.newPage();

	page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
	page.on('console', (message) => {
		if (['error', 'warning'].includes(message.type()) && !expected.test(message.text()))
			problems.push(`console: ${message.text()}`);
	});
	await page.goto(url);
	await page.locator('#run:enabled, #problem:not([hidden])').first().waitFor({ state: 'attached' });
	return {
		page,
		async close() {
			await context.close();
			assert.deepEqual(problems, []);
		},
	};
}

/* Playwright looks through the shadow root that the editor lives in. */
export async function type(page, program) {
	await page.locator('.cm-content').click();
	await page.keyboard.press('Control+a');
	await page.keyboard.press('Delete');
	await page.keyboard.insertText(program);
}

export async function status(page, pattern) {
	await page.locator('#status-text').filter({ hasText: pattern }).waitFor();
}

export async function picture(page, name) {
	await page.screenshot({ path: join(pictures, `${name}.png`) });
}

export async function assertNoOverflow(page) {
	const { wide, width, culprits } = await page.evaluate(() => ({
		wide: document.documentElement.scrollWidth,
		width: document.documentElement.clientWidth,
		culprits: [...document.querySelectorAll('body *')]
			.filter(
				(element) =>
					element.getBoundingClientRect().right > innerWidth + 0.5 && !element.closest('.scroll'),
			)
			.map((element) => `${element.tagName}#${element.id}.${element.className}`),
	}));

	assert.deepEqual(culprits, []);
	assert.ok(wide <= width, `${wide} wide in ${width}`);
}

/* The ratio of WCAG for every visible text against what is painted behind it; below 4.5 is hard to read. */
export async function assertContrast(page) {
	const weak = await page.evaluate(() => {
		const numbers = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
		const light = (colour) => {
			const [r, g, b] = numbers(colour).map((value) => {
				const share = value / 255;

				return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
			});

			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const ground = (element) => {
			for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
				const colour = getComputedStyle(at).backgroundColor;

				if (numbers(colour)[3] !== 0) return colour;
			}
			return 'rgb(255, 255, 255)';
		};
		const found = [];

		for (const root of [document, document.querySelector('#editor').shadowRoot]) {
			for (const element of root.querySelectorAll('*')) {
				const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
				const style = getComputedStyle(element);

				if (
					!own ||
					!element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) ||
					element.closest(':disabled, option')
				)
					continue;
				const pair = [light(style.color), light(ground(element))].sort((a, b) => b - a);
				const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);

				if (ratio < 4.5)
					found.push(
						`${ratio.toFixed(2)} ${element.tagName}.${element.className}: ${element.textContent.slice(0, 9)}`,
					);
			}
		}
		return found;
	});

	assert.deepEqual(weak, []);
}

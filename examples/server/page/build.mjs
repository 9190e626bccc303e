// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// node build.mjs DIRECTORY: bundles src/ into four files. The same input gives the same bytes anywhere:
// nothing of the machine, the time or the path goes in.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2];
const size_limit = 700_000;

if (!target) {
	console.error('usage: node build.mjs DIRECTORY');
	process.exit(2);
}

const words = (text) => text.replace(/\s+/g, ' ').trim();

// What is bundled is under the MIT licence, which asks that copyright and permission notice go with every
// copy.
async function notices(inputs) {
	const packages = new Set();
	const owners = new Map();
	let permission;

	for (const input of inputs) {
		const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);

		if (match) packages.add(match[1]);
	}
	for (const name of [...packages].sort()) {
		const folder = join(here, 'node_modules', name);
		const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
		const text = await readFile(join(folder, 'LICENSE'), 'utf8');
		const copyright = words(/^Copyright.*$/m.exec(text)[0]).replace(/ <[^>]*>/, '');
		const terms = words(text.slice(text.indexOf('Permission is hereby granted')));

		if (license !== 'MIT' || (permission && terms !== permission))
			throw new Error(`${name}: its licence is not the one that the notice gives: look at it`);
		permission = terms;
		owners.set(copyright, [...(owners.get(copyright) ?? []), `${name} ${version}`]);
	}
	const wrapped = (text) => text.replace(/(.{1,108})(?: |$)/g, ' * $1\n');
	const lists = [...owners]
		.map(([copyright, names]) => wrapped(`${copyright}: ${names.join(', ')}`))
		.join('');

	return (
		`/*!\n * codeexec's page (Apache-2.0 OR MIT). It contains, under the MIT licence:\n *\n${lists}` +
		` *\n${wrapped(permission)} */\n`
	);
}

const options = {
	absWorkingDir: here,
	entryPoints: ['src/app.ts', 'src/app.css'],
	outdir: target,
	bundle: true,
	minify: true,
	format: 'esm',
	target: ['es2022', 'chrome110', 'firefox115', 'safari16.4'],
	charset: 'utf8',
	legalComments: 'none',
	logLevel: 'warning',
	metafile: true,
};

await mkdir(target, { recursive: true });
const { metafile } = await build({ ...options, write: false });
await build({ ...options, banner: { js: await notices(Object.keys(metafile.inputs)) } });
for (const name of ['index.html', 'favicon.svg']) await copyFile(join(here, 'src', name), join(target, name));

let total = 0;
for (const name of ['index.html', 'app.js', 'app.css', 'favicon.svg']) {
	const { size } = await stat(join(target, name));

	total += size;
	console.log(`${String(size).padStart(8)}  ${name}`);
}
console.log(`${String(total).padStart(8)}  in all`);
if (total >= size_limit) {
	console.error(`the page is to stay under ${size_limit} bytes`);
	process.exit(1);
}

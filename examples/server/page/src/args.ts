// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A line of arguments as a shell would split it: blanks part, quotes and backslashes keep together. Nothing
// is expanded.

export function splitArgs(line: string): string[] {
	const args: string[] = [];
	let current = '',
		inside = false,
		quote = '';

	for (let i = 0; i < line.length; i++) {
		const character = line[i]!;

		if (quote) {
			if (character === quote) quote = '';
			else if (character === '\\' && quote === '"' && '"\\'.includes(line[i + 1] ?? ' '))
				current += line[++i];
			else current += character;
		} else if (character === '"' || character === "'") {
			quote = character;
			inside = true;
		} else if (/\s/.test(character)) {
			if (inside) args.push(current);
			current = '';
			inside = false;
		} else {
			if (character === '\\' && i + 1 < line.length) i++;
			current += line[i];
			inside = true;
		}
	}
	if (quote) throw new Error(`The arguments have a ${quote} that is never closed.`);
	if (inside) args.push(current);
	return args;
}

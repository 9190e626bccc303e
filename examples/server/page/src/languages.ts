// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Which highlighting goes with which language of the server. A language that is not here is shown as plain
// text. Python, which most people come for, gets a full parser; the others the small tokenizers, of which a
// dozen weigh as much.
import { python } from '@codemirror/lang-python';
import { StreamLanguage, type StreamParser } from '@codemirror/language';
import { clojure } from '@codemirror/legacy-modes/mode/clojure';
import {
	c,
	clike,
	cpp,
	csharp,
	dart,
	java,
	kotlin,
	objectiveC,
	scala,
} from '@codemirror/legacy-modes/mode/clike';
import { coffeeScript } from '@codemirror/legacy-modes/mode/coffeescript';
import { commonLisp } from '@codemirror/legacy-modes/mode/commonlisp';
import { crystal } from '@codemirror/legacy-modes/mode/crystal';
import { d } from '@codemirror/legacy-modes/mode/d';
import { erlang } from '@codemirror/legacy-modes/mode/erlang';
import { fortran } from '@codemirror/legacy-modes/mode/fortran';
import { go } from '@codemirror/legacy-modes/mode/go';
import { groovy } from '@codemirror/legacy-modes/mode/groovy';
import { haskell } from '@codemirror/legacy-modes/mode/haskell';
import { javascript, typescript } from '@codemirror/legacy-modes/mode/javascript';
import { julia } from '@codemirror/legacy-modes/mode/julia';
import { lua } from '@codemirror/legacy-modes/mode/lua';
import { oCaml } from '@codemirror/legacy-modes/mode/mllike';
import { octave } from '@codemirror/legacy-modes/mode/octave';
import { pascal } from '@codemirror/legacy-modes/mode/pascal';
import { perl } from '@codemirror/legacy-modes/mode/perl';
import { r } from '@codemirror/legacy-modes/mode/r';
import { ruby } from '@codemirror/legacy-modes/mode/ruby';
import { rust } from '@codemirror/legacy-modes/mode/rust';
import { scheme } from '@codemirror/legacy-modes/mode/scheme';
import { shell } from '@codemirror/legacy-modes/mode/shell';
import { tcl } from '@codemirror/legacy-modes/mode/tcl';
import type { Extension } from '@codemirror/state';
import { tags } from '@lezer/highlight';

const words = (list: string) => Object.fromEntries(list.split(' ').map((word) => [word, true]));

/* There is no small tokenizer for PHP; of what the one for C's relatives takes, these words and signs make
 * one. */
const php = clike({
	name: 'php',
	keywords: words(
		'abstract and array as break callable case catch class clone const continue declare default ' +
			'do echo else elseif enum extends final finally fn for foreach function global goto if ' +
			'implements include include_once instanceof insteadof interface match namespace new or print ' +
			'private protected public readonly require require_once return static switch throw trait try ' +
			'unset use var while xor yield',
	),
	blockKeywords: words('catch do else elseif finally for foreach if switch try while match'),
	types: words('bool float int iterable mixed never object string void'),
	atoms: words(
		'true false null TRUE FALSE NULL __CLASS__ __DIR__ __FILE__ __FUNCTION__ __LINE__ __METHOD__',
	),
	multiLineStrings: true,
	hooks: {
		$: (stream: { eatWhile(match: RegExp): boolean }) => {
			stream.eatWhile(/\w/);
			return 'variableName.special';
		},
		'#': (stream: { skipToEnd(): void }) => {
			stream.skipToEnd();
			return 'comment';
		},
		'<': (stream: { match(match: RegExp): unknown }) => (stream.match(/^\?(php|=)?/) ? 'meta' : false),
		'?': (stream: { match(match: string): unknown }) => (stream.match('>') ? 'meta' : false),
	},
});

/* Names that the tokenizers still use, and that the library knows when they stand alone only. */
const tokenTable = {
	variable: tags.variableName,
	'variable-2': tags.special(tags.variableName),
	'string-2': tags.special(tags.string),
	def: tags.definition(tags.variableName),
	tag: tags.tagName,
	attribute: tags.attributeName,
	type: tags.typeName,
	builtin: tags.standard(tags.variableName),
	qualifier: tags.modifier,
	error: tags.invalid,
	header: tags.heading,
	property: tags.propertyName,
};

const old = (mode: StreamParser<unknown>) => () =>
	StreamLanguage.define({ ...mode, tokenTable: { ...tokenTable, ...mode.tokenTable } });

const highlighting: Record<string, () => Extension> = {
	python,
	javascript: old(javascript),
	typescript: old(typescript),
	bun: old(typescript),
	deno: old(typescript),
	c: old(c),
	cpp: old(cpp),
	java: old(java),
	rust: old(rust),
	go: old(go),
	php: old(php),
	bash: old(shell),
	dash: old(shell),
	zsh: old(shell),
	mksh: old(shell),
	fish: old(shell),
	ruby: old(ruby),
	perl: old(perl),
	lua: old(lua),
	luajit: old(lua),
	r: old(r),
	octave: old(octave),
	haskell: old(haskell),
	ocaml: old(oCaml),
	fortran: old(fortran),
	pascal: old(pascal),
	erlang: old(erlang),
	clojure: old(clojure),
	clojurescript: old(clojure),
	lisp: old(commonLisp),
	scheme: old(scheme),
	guile: old(scheme),
	racket: old(scheme),
	groovy: old(groovy),
	scala: old(scala),
	kotlin: old(kotlin),
	csharp: old(csharp),
	dart: old(dart),
	'objective-c': old(objectiveC),
	coffeescript: old(coffeeScript),
	crystal: old(crystal),
	d: old(d),
	julia: old(julia),
	tcl: old(tcl),
};

/* By name, then by the aliases; `c-clang` and `python-pypy` are coloured as `c` and `python`. */
export function highlightingOf(name: string, aliases: string[] = []): Extension {
	for (const candidate of [name, ...aliases, name.replace(/-.*/, '')]) {
		const found = Object.hasOwn(highlighting, candidate) ? highlighting[candidate] : undefined;

		if (found) return found();
	}
	return [];
}

/* Spaces per level, as each language's own people write it; 0 stands for a tab. */
export function indentWidth(name: string): number {
	if (['c', 'go', 'bash', 'dash'].includes(name)) return 0;
	return ['javascript', 'typescript', 'ruby', 'lua', 'haskell', 'ocaml', 'bun', 'deno'].includes(name)
		? 2
		: 4;
}

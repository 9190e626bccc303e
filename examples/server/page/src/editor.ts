// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The code editor. It lives in a shadow root: there CodeMirror puts its rules into adopted style sheets,
// which a policy without 'unsafe-inline' allows, instead of <style> elements, which it does not.
import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import {
	bracketMatching,
	foldGutter,
	foldKeymap,
	HighlightStyle,
	indentOnInput,
	indentUnit,
	syntaxHighlighting,
} from '@codemirror/language';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, Prec, type Extension } from '@codemirror/state';
import {
	drawSelection,
	EditorView,
	highlightActiveLine,
	highlightActiveLineGutter,
	highlightSpecialChars,
	keymap,
	lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { highlightingOf, indentWidth } from './languages';

/* The colours are the page's own properties, which pass through the shadow root and follow the colour
 * scheme. */
const colours = HighlightStyle.define([
	{
		tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.controlKeyword],
		color: 'var(--code-keyword)',
	},
	{
		tag: [tags.string, tags.special(tags.string), tags.regexp, tags.character],
		color: 'var(--code-string)',
	},
	{ tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--code-number)' },
	{ tag: [tags.comment, tags.meta, tags.processingInstruction], color: 'var(--code-comment)' },
	{
		tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.labelName],
		color: 'var(--code-function)',
	},
	{ tag: [tags.typeName, tags.className, tags.namespace, tags.tagName], color: 'var(--code-type)' },
	{ tag: [tags.standard(tags.name), tags.self, tags.macroName], color: 'var(--code-builtin)' },
	{ tag: tags.invalid, color: 'var(--bad)' },
]);

const look = EditorView.theme({
	'&': {
		height: '100%',
		fontSize: 'var(--code-size)',
		backgroundColor: 'var(--surface)',
		color: 'var(--text)',
	},
	'&.cm-focused': { outline: 'none' },
	'.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', overflow: 'auto' },
	'.cm-content': { caretColor: 'var(--text)', padding: '10px 0' },
	'.cm-cursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
	'.cm-gutters': {
		backgroundColor: 'var(--surface)',
		color: 'var(--muted)',
		border: 'none',
		paddingLeft: '4px',
	},
	'.cm-activeLine': { backgroundColor: 'var(--line)' },
	'.cm-activeLineGutter': { backgroundColor: 'var(--line)', color: 'var(--text)' },
	'.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
		backgroundColor: 'var(--selection)',
	},
	'.cm-selectionMatch': { backgroundColor: 'var(--match)' },
	'&.cm-focused .cm-matchingBracket': {
		backgroundColor: 'var(--match)',
		outline: '1px solid var(--border-strong)',
	},
	'.cm-foldPlaceholder': { backgroundColor: 'var(--line)', border: 'none', color: 'var(--muted)' },
	'.cm-panels, .cm-tooltip': {
		backgroundColor: 'var(--raised)',
		color: 'var(--text)',
		border: '1px solid var(--border)',
	},
	'.cm-panels button, .cm-panels input': { fontSize: '13px', color: 'inherit' },
	'.cm-textfield': { backgroundColor: 'var(--surface)', border: '1px solid var(--border-strong)' },
	'.cm-button': {
		backgroundImage: 'none',
		backgroundColor: 'var(--surface)',
		border: '1px solid var(--border-strong)',
	},
});

export interface Editor {
	text(): string;
	setText(text: string): void;
	setLanguage(name: string, aliases: string[]): void;
	goTo(line: number, column: number): void;
	focus(): void;
}

function indentation(name: string): Extension {
	const width = indentWidth(name);

	return [indentUnit.of(width ? ' '.repeat(width) : '\t'), EditorState.tabSize.of(width || 8)];
}

export function createEditor(host: HTMLElement, onRun: () => void, onChange: () => void): Editor {
	const root = host.attachShadow({ mode: 'open', delegatesFocus: true });
	const language = new Compartment();
	const run = () => {
		onRun();
		return true;
	};
	const fixed: Extension = [
		Prec.highest(
			keymap.of([
				{ key: 'Mod-Enter', run },
				{ key: 'Ctrl-Enter', run },
			]),
		),
		lineNumbers(),
		highlightActiveLineGutter(),
		highlightSpecialChars(),
		history(),
		foldGutter(),
		drawSelection(),
		indentOnInput(),
		syntaxHighlighting(colours),
		bracketMatching(),
		closeBrackets(),
		highlightActiveLine(),
		highlightSelectionMatches(),
		search({ top: true }),
		keymap.of([
			...closeBracketsKeymap,
			...defaultKeymap,
			...searchKeymap,
			...historyKeymap,
			...foldKeymap,
			indentWithTab,
		]),
		EditorView.contentAttributes.of({
			'aria-label': 'Program. Tab indents; press Escape, then Tab, to leave the editor.',
			spellcheck: 'false',
			autocorrect: 'off',
			autocapitalize: 'off',
		}),
		EditorView.updateListener.of((update) => {
			if (update.docChanged) onChange();
		}),
		look,
	];
	const state = (doc: string, extension: Extension) =>
		EditorState.create({ doc, extensions: [fixed, language.of(extension)] });
	const view = new EditorView({ state: state('', []), parent: root, root });
	let current: Extension = [];

	return {
		text: () => view.state.doc.toString(),
		/* A new state, so that undo does not bring back another program. */
		setText: (text) => view.setState(state(text, current)),
		setLanguage: (name, aliases) => {
			current = [highlightingOf(name, aliases), indentation(name)];
			view.dispatch({ effects: language.reconfigure(current) });
		},
		goTo: (line, column) => {
			const found = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
			/* Compilers disagree on how wide a tab is; behind one, the first letter of the line is the
			 * honest place. */
			const wanted = found.text.slice(0, column - 1).includes('\t')
				? found.text.search(/\S|$/)
				: column - 1;
			const position = Math.min(found.from + Math.max(wanted, 0), found.to);

			view.dispatch({ selection: { anchor: position }, scrollIntoView: true });
			view.focus();
		},
		focus: () => view.focus(),
	};
}

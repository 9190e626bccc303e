// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The playground: languages, the program in the editor, the buttons.
import { requestJson } from './api';
import { copy, find, make, show, toast } from './dom';
import { createEditor, type Editor } from './editor';
import { createForm, fillForm, readRequest, readShared } from './form';
import { OutputPane } from './output';
import { Runner, showProblem, showStatus } from './runner';
import { sampleOf } from './samples';
import { decode, encode, type Shared } from './share';
import type { Language } from './types';

const draftName = 'codeexec-draft';

const narrow = matchMedia('(max-width: 820px)');
const still = matchMedia('(prefers-reduced-motion: reduce)');
const select = () => find<HTMLSelectElement>('#language');

export class Playground {
	private readonly editor: Editor;
	private readonly output = new OutputPane(find('#output'));
	private readonly runner: Runner;
	private languages: Language[] = [];
	private drafts = new Map<string, string>(); /* by language, where it differs from the sample */
	private current = '';
	private saving = 0;

	constructor() {
		this.editor = createEditor(
			find('#editor'),
			() => void this.run(),
			() => this.changed(),
		);
		this.runner = new Runner(this.output, {
			onStart: () => this.setRunning(true),
			onEnd: () => this.setRunning(false),
			jump: (line, column) => this.editor.goTo(line, column),
		});
		createForm(() => this.changed());
		fillForm({});
		this.wire();
	}

	private wire(): void {
		const feed = find<HTMLInputElement>('#feed-line');
		const send = () => {
			void this.runner.feed(`${feed.value}\n`, false);
			feed.value = '';
			feed.focus();
		};

		find('#run').addEventListener('click', () => void this.run());
		for (const id of ['#stop', '#stop-here'])
			find(id).addEventListener('click', () => void this.runner.stop());
		find('#share').addEventListener('click', () => void this.share());
		find('#reset').addEventListener('click', () => this.reset());
		find('#copy').addEventListener('click', () => void this.copyOutput());
		find('#feed-send').addEventListener('click', send);
		find('#feed-end').addEventListener('click', () => void this.runner.feed('', true));
		feed.addEventListener('keydown', (event) => {
			if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) send();
		});
		select().addEventListener('change', () => this.changeLanguage(select().value));
		find('#playground').addEventListener('keydown', (event) => {
			/* The editor has its own binding and has then prevented the default. */
			if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) {
				event.preventDefault();
				void this.run();
			}
		});
	}

	/* Asks what the server speaks; again after a new key. */
	async load(): Promise<void> {
		try {
			const answer = await requestJson<Language[] | { languages: Language[] }>('languages');

			this.languages = Array.isArray(answer) ? answer : answer.languages;
		} catch (error) {
			showProblem(error instanceof Error ? error.message : String(error));
			return;
		}
		showProblem('');
		this.fillSelect();
		await this.restore();
		select().disabled = false;
		find<HTMLButtonElement>('#run').disabled = false;
	}

	get loaded(): boolean {
		return this.languages.length > 0;
	}

	private fillSelect(): void {
		select().replaceChildren(
			...this.languages.map((language) => {
				const title = language.title ?? language.name;
				const option = make(
					'option',
					{ value: language.name, title: language.version ?? undefined },
					language.available ? title : `${title} (not installed)`,
				);

				option.disabled = !language.available;
				return option;
			}),
		);
	}

	/* A link goes before what was last in this tab, and that before the first sample. It is never run by
	 * itself. */
	private async restore(): Promise<void> {
		const first =
			this.languages.find(({ name, available }) => name === 'python' && available) ??
			this.languages.find(({ available }) => available) ??
			this.languages[0];
		const shared = await decode(location.hash.slice(1));

		if (location.hash.startsWith('#p1:') && !shared) toast('The link is damaged: it holds no program.');
		if (shared && !this.open(shared)) toast(`This server has no language “${shared.language}”.`);
		if (!this.current && !this.restoreDraft() && first) this.changeLanguage(first.name);
	}

	private restoreDraft(): boolean {
		try {
			const draft = JSON.parse(sessionStorage.getItem(draftName) ?? 'null') as Shared | null;

			return draft !== null && this.open(draft);
		} catch {
			return false;
		}
	}

	open(shared: Shared): boolean {
		const language = this.languages.find(
			({ name, aliases }) => name === shared.language || aliases?.includes(shared.language),
		);

		if (!language) return false;
		this.changeLanguage(language.name);
		this.editor.setText(shared.code);
		fillForm(shared);
		return true;
	}

	/* When the address changes below an open page. */
	async openFragment(): Promise<void> {
		const shared = await decode(location.hash.slice(1));

		if (shared && this.loaded && !this.runner.running) this.open(shared);
	}

	private aliases(name: string): string[] {
		return this.languages.find((language) => language.name === name)?.aliases ?? [];
	}

	private changeLanguage(name: string): void {
		const aliases = this.aliases(name);

		if (this.current) this.drafts.set(this.current, this.editor.text());
		this.current = name;
		select().value = name;
		this.editor.setLanguage(name, aliases);
		this.editor.setText(this.drafts.get(name) ?? sampleOf(name, aliases));
		this.changed();
	}

	private reset(): void {
		this.editor.setText(sampleOf(this.current, this.aliases(this.current)));
		fillForm({});
		this.changed();
		this.editor.focus();
	}

	/* The tab's last state outlives a reload; not the tab. */
	private changed(): void {
		clearTimeout(this.saving);
		this.saving = window.setTimeout(() => {
			try {
				sessionStorage.setItem(
					draftName,
					JSON.stringify(readShared(this.current, this.editor.text())),
				);
			} catch {
				/* A field that makes no sense yet, or no storage: the draft before stays. */
			}
		}, 300);
	}

	private async run(): Promise<void> {
		if (this.runner.running || !this.current) return;
		try {
			await this.runner.run(readRequest(this.current, this.editor.text()));
		} catch (error) {
			showProblem(error instanceof Error ? error.message : String(error));
			showStatus('bad', 'Not run');
		}
	}

	private setRunning(running: boolean): void {
		const hadFocus = document.activeElement === find(running ? '#run' : '#stop');

		show(find('#run'), !running);
		show(find('#stop'), running);
		show(find('#stop-here'), running);
		show(find('#copy'), !running);
		find<HTMLButtonElement>('#copy').disabled = running;
		/* The button that had the focus is gone: give it to the one in its place. */
		if (hadFocus) find(running ? '#stop' : '#run').focus({ preventScroll: true });
		/* On a phone the result is below the program. */
		if (running && narrow.matches)
			find('.account').scrollIntoView({ block: 'start', behavior: still.matches ? 'auto' : 'smooth' });
	}

	private async share(): Promise<void> {
		try {
			const fragment = await encode(readShared(this.current, this.editor.text()));
			const url = new URL(`#${fragment}`, location.href).href;

			history.replaceState(null, '', `#${fragment}`);
			if (await copy(url)) {
				toast('Link copied. The program is in the link itself.');
				return;
			}
			find<HTMLInputElement>('#link').value = url;
			find<HTMLDialogElement>('#link-dialog').showModal();
			find<HTMLInputElement>('#link').select();
		} catch (error) {
			showProblem(error instanceof Error ? error.message : String(error));
		}
	}

	private async copyOutput(): Promise<void> {
		toast((await copy(this.output.text())) ? 'Output copied.' : 'The browser did not allow the copy.');
	}
}

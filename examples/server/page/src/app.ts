// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Puts the page together: the two views, the key, and whether the server is there.
import { getKey, request, setKey, watchContact } from './api';
import { find, setText, show } from './dom';
import { Monitor } from './monitor';
import { Playground } from './playground';

const contact_interval_ms = 5000;
const views = ['playground', 'monitor'] as const;

type View = (typeof views)[number];

const playground = new Playground();
const monitor = new Monitor();
let reachable = true;

function select(view: View): void {
	for (const name of views) {
		const tab = find(`#tab-${name}`);

		tab.setAttribute('aria-selected', String(name === view));
		tab.tabIndex = name === view ? 0 : -1;
		show(find(`#${name}`), name === view);
	}
	monitor.setActive(view === 'monitor');
}

function wireViews(): void {
	for (const [index, name] of views.entries()) {
		const tab = find(`#tab-${name}`);

		tab.addEventListener('click', () => {
			select(name);
			history.replaceState(
				null,
				'',
				name === 'monitor' ? '#monitor' : location.pathname + location.search,
			);
		});
		tab.addEventListener('keydown', (event) => {
			if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
			const other = find(`#tab-${views[1 - index]}`);

			event.preventDefault();
			other.focus();
			other.click();
		});
	}
	addEventListener('hashchange', () => {
		select(location.hash === '#monitor' ? 'monitor' : 'playground');
		void playground.openFragment();
	});
}

function wireKey(): void {
	const dialog = find<HTMLDialogElement>('#key-dialog'),
		field = find<HTMLInputElement>('#key');
	const save = (key: string) => {
		setKey(key.trim());
		dialog.close();
		void playground.load();
	};

	find('#key-open').addEventListener('click', () => {
		field.value = getKey();
		dialog.showModal();
	});
	find('#key-save').addEventListener('click', () => save(field.value));
	find('#key-forget').addEventListener('click', () => save(''));
	find('#key-cancel').addEventListener('click', () => dialog.close());
	field.addEventListener('keydown', (event) => {
		if (event.key !== 'Enter') return;
		/* Otherwise the same key presses the button that gets the focus back, and that opens the dialog
		 * again. */
		event.preventDefault();
		save(field.value);
	});
	find('#link-close').addEventListener('click', () => find<HTMLDialogElement>('#link-dialog').close());
}

watchContact((there) => {
	const contact = find('#contact');

	contact.classList.toggle('lost', !there);
	setText(contact, there ? 'Connected' : 'Server not reachable');
	/* It came back, perhaps another one: ask again what it can do if that never worked. */
	if (there && !reachable && !playground.loaded) void playground.load();
	reachable = there;
});

function watchServer(): void {
	setInterval(() => {
		if (document.visibilityState === 'visible') request('healthz').catch(() => undefined);
	}, contact_interval_ms);
}

wireViews();
wireKey();
watchServer();
select(location.hash === '#monitor' ? 'monitor' : 'playground');
void playground.load();

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Small helpers over the DOM. Text always goes in as text: what a program prints is never markup.

export function find<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T {
	const element = root.querySelector<T>(selector);

	if (!element) throw new Error(`the page has no ${selector}`);
	return element;
}

type Attributes = Record<string, string | boolean | undefined>;

export function make<K extends keyof HTMLElementTagNameMap>(
	name: K,
	attributes: Attributes = {},
	...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
	const element = document.createElement(name);

	for (const [key, value] of Object.entries(attributes)) {
		if (value === undefined || value === false) continue;
		element.setAttribute(key, value === true ? '' : value);
	}
	element.append(...children);
	return element;
}

export function svg(name: string, attributes: Record<string, string> = {}, ...children: Node[]): SVGElement {
	const element = document.createElementNS('http://www.w3.org/2000/svg', name);

	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
	element.append(...children);
	return element;
}

/* Changes the text only where it differs: a screen reader then speaks a live region once. */
export function setText(element: Element, text: string): void {
	if (element.textContent !== text) element.textContent = text;
}

export function show(element: HTMLElement, visible: boolean): void {
	if (element.hidden === visible) element.hidden = !visible;
}

let toastTimer = 0;

/* A short message at the foot of the page, which screen readers speak. */
export function toast(message: string): void {
	const box = find('#toast');

	box.textContent = message;
	box.classList.add('shown');
	clearTimeout(toastTimer);
	toastTimer = window.setTimeout(() => {
		box.classList.remove('shown');
		box.textContent = '';
	}, 4000);
}

export async function copy(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return false;
	}
}

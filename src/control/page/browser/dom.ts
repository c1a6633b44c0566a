/**
 * The part of the DOM that the page uses. TypeScript's own DOM types apply to a whole program: then the server could
 * use `document`, and streams would not have Deno's types.
 */

export interface PageEvent {
  readonly key: string;
  readonly clientX: number;
  preventDefault(): void;
}

type PageEventKind =
  | ("click" | "submit" | "keydown" | "close")
  | ("pointermove" | "pointerleave" | "pointerdown" | "blur");

export interface PageElement {
  textContent: string | null;
  className: string;
  hidden: boolean;
  /** Of a field or a button. */
  disabled: boolean;
  readonly dataset: Record<string, string>;
  readonly classList: { toggle(name: string, isOn: boolean): void };
  append(...children: readonly (PageElement | string)[]): void;
  replaceChildren(...children: readonly PageElement[]): void;
  contains(other: PageElement | null): boolean;
  setAttribute(name: string, value: string): void;
  getBoundingClientRect(): { readonly left: number; readonly width: number };
  addEventListener(kind: PageEventKind, act: (event: PageEvent) => void): void;
  focus(): void;
}

/** A field or a dialog. */
interface Control extends PageElement {
  value: string;
  readonly valueAsNumber: number;
  showModal(): void;
  close(): void;
  readonly open: boolean;
}

interface PageDocument {
  title: string;
  readonly body: PageElement;
  readonly activeElement: PageElement | null;
  getElementById(id: string): Control;
  querySelectorAll(selector: string): Iterable<PageElement>;
  createElement(tag: string): PageElement;
  createElementNS(namespace: string, tag: string): PageElement;
}

export const { document } = globalThis as unknown as { readonly document: PageDocument };

/** The element of the shell with this id. */
export function byId(id: string): Control {
  return document.getElementById(id);
}

/** A new element; a string becomes text, never markup. */
export function element(
  tag: string,
  kind: string,
  ...children: readonly (PageElement | string)[]
): PageElement {
  const made = document.createElement(tag);
  if (kind !== "") made.className = kind;
  made.append(...children);
  return made;
}

/** A new button that acts; it is off while the server is away. */
export function actionButton(text: string, label: string, act: () => void): PageElement {
  const made = element("button", "acts", text);
  made.setAttribute("type", "button");
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

/** A new element of SVG. */
export function drawing(tag: string, attributes: Readonly<Record<string, string>>): PageElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Sets the text if it has changed: a screen reader reads out what is set, and a selection is lost. */
export function write(place: PageElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

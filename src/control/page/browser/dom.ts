/**
 * The part of the DOM that the page uses. TypeScript's own DOM types apply to a whole program: then the server could
 * use `document`, and streams would not have Deno's types.
 */

export interface PageElement {
  textContent: string | null;
  className: string;
  hidden: boolean;
  readonly dataset: Record<string, string>;
  readonly classList: { toggle(name: string, isOn: boolean): void };
  append(...children: readonly (PageElement | string)[]): void;
  replaceChildren(...children: readonly PageElement[]): void;
  setAttribute(name: string, value: string): void;
  addEventListener(kind: "click" | "submit", act: (event: { preventDefault(): void }) => void): void;
  focus(): void;
}

/** A field or a button. */
interface Control extends PageElement {
  value: string;
  readonly valueAsNumber: number;
  disabled: boolean;
}

interface PageDocument {
  title: string;
  readonly body: PageElement;
  getElementById(id: string): Control;
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

/** A new element of SVG. */
export function drawing(tag: string, attributes: Readonly<Record<string, string>>): PageElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

import { document, type PageElement } from "./dom.ts";

/** An element that shows one item, and changes with it. */
export interface Kept<Item> {
  readonly root: PageElement;
  update(item: Item): void;
}

/**
 * Shows a list that changes each second. What it shows of an item stays the same element: a button that is replaced
 * while it is pressed gets no click, and loses the focus.
 */
export class KeptList<Item> {
  readonly #place: PageElement;
  readonly #keyOf: (item: Item) => string;
  readonly #make: (item: Item) => Kept<Item>;
  #shown = new Map<string, Kept<Item>>();

  constructor(place: PageElement, keyOf: (item: Item) => string, make: (item: Item) => Kept<Item>) {
    this.#place = place;
    this.#keyOf = keyOf;
    this.#make = make;
  }

  show(items: readonly Item[]): void {
    const next = new Map(items.map((item) => {
      const key = this.#keyOf(item);
      const kept = this.#shown.get(key) ?? this.#make(item);
      kept.update(item);
      return [key, kept];
    }));
    const isSame = [...next.keys()].join("\n") === [...this.#shown.keys()].join("\n");
    this.#shown = next;
    if (isSame) return;
    const focused = document.activeElement;
    const hadFocus = focused !== null && this.#place.contains(focused);
    this.#place.replaceChildren(...Array.from(next.values(), ({ root }) => root));
    if (hadFocus && this.#place.contains(focused)) focused.focus();
  }
}

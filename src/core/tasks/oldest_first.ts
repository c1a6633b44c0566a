/**
 * What runs, the oldest first. A Map that is added to and removed from without end keeps what was in it alive: its old
 * tables refer to the next ones, and once one of them has become old, V8's collections of young objects free none of what
 * the later ones held. An empty task of BullMQ took 20.5 µs with two Maps and 15.0 with two of these.
 */

export interface Place<Value> {
  /** `null` once it is removed. */
  value: Value | null;
  before: Place<Value> | null;
  after: Place<Value> | null;
}

export class OldestFirst<Value> {
  #first: Place<Value> | null = null;
  #last: Place<Value> | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The oldest. */
  get first(): Value | null {
    return this.#first === null ? null : this.#first.value;
  }

  add(value: Value): Place<Value> {
    const place: Place<Value> = { value, before: this.#last, after: null };
    if (this.#last === null) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#size++;
    return place;
  }

  /** False if it was removed before. */
  remove(place: Place<Value>): boolean {
    if (place.value === null) return false;
    const { before, after } = place;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    // What is left of it must refer to nothing that is younger.
    place.value = place.before = place.after = null;
    this.#size--;
    return true;
  }

  /** The oldest one that fits: those that end are mostly among the first. */
  find(fits: (value: Value) => boolean): Value | null {
    for (let place = this.#first; place !== null; place = place.after) {
      if (place.value !== null && fits(place.value)) return place.value;
    }
    return null;
  }

  all(): Value[] {
    const values: Value[] = [];
    for (let place = this.#first; place !== null; place = place.after) {
      if (place.value !== null) values.push(place.value);
    }
    return values;
  }

  /** Returns what it held. */
  clear(): Value[] {
    const values = this.all();
    while (this.#first !== null) this.remove(this.#first);
    return values;
  }
}

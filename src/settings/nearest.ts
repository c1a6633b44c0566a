/**
 * The name in `known` that `name` is probably a misspelling of. Capitals, dashes and underscores do not count, so
 * that `bootTimeout` finds `boot-timeout`. Two neighbours swapped count as one mistake. In deno-std/text they
 * do not: it finds nothing for `pdi` and `bind` for `ipd`.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = letters(name);
  let best: string | undefined;
  let fewest = Infinity;
  for (const candidate of known) {
    const edits = distance(wanted, letters(candidate));
    // Up to a third of the letters may differ; a more distant guess would mislead.
    if (edits < fewest && edits <= Math.ceil(letters(candidate).length / 3)) {
      best = candidate;
      fewest = edits;
    }
  }
  // `pidfile` is rather `pid` than `env-file`.
  if (best !== undefined && fewest <= surelyMeant) return best;
  return known.find((candidate) => beginAlike(wanted, letters(candidate))) ?? best;
}

/** With more mistakes, a name that begins the same is the better guess. */
const surelyMeant = 2;

function letters(name: string): string {
  // No known name is longer, and the time grows with the product of the lengths.
  return name.slice(0, 64).toLowerCase().replace(/[-_]/g, "");
}

function beginAlike(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
}

/** How many letters must be added, removed, changed or swapped with a neighbour to make `a` into `b`. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

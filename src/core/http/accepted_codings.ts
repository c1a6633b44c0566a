/** Which compressed copies of a file a client takes (RFC 9110, 12.5.3). */

/** The ones that are looked for beside a file, the smallest first, and how their names end. */
const endings = { br: ".br", zstd: ".zst", gzip: ".gz" } as const;

export type Coding = keyof typeof endings;

const codings = Object.keys(endings) as readonly Coding[];

export function endingOf(coding: Coding): string {
  return endings[coding];
}

/** What the client likes best comes first; of those that it likes as much, the smallest. */
export function acceptedCodings(header: string | null): readonly Coding[] {
  if (header === null || header === "") return [];
  const weights = new Map<string, number>();
  for (const item of header.split(",")) {
    const [name = "", ...parameters] = item.split(";");
    weights.set(name.trim().toLowerCase(), weightIn(parameters));
  }
  const weightOf = (coding: Coding) => {
    const own = weights.get(coding) ?? (coding === "gzip" ? weights.get("x-gzip") : undefined);
    return own ?? weights.get("*") ?? 0;
  };
  return codings.filter((coding) => weightOf(coding) > 0)
    .toSorted((one, other) => weightOf(other) - weightOf(one));
}

function weightIn(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [, weight] = /^[ \t]*q=([01](?:\.\d{0,3})?)[ \t]*$/i.exec(parameter) ?? [];
    if (weight !== undefined) return Number(weight);
  }
  return 1;
}

import type { Kind } from "./kind.ts";

/** Numbers of cores in the order given, or `auto` for all that this process may use. */
type Cores = "auto" | readonly number[];

/** The mask of sched_setaffinity(2) in the C library has so many bits. */
const mostCores = 1_024;

/** A list as taskset(1) and cpusets take it: `0,2-3`. */
export const cores: Kind<Cores, string | number> = {
  accepts: `auto, or numbers of cores from 0 to ${mostCores - 1} such as 0,2-3, each once`,
  type: "string | number",
  placeholder: "CORES|auto",
  completion: ["auto"],
  parse(given) {
    if (given === "auto") return given;
    const numbers = String(given).split(",").map(numbersOf);
    if (!numbers.every((part) => part !== undefined)) return undefined;
    const all = numbers.flat();
    return new Set(all).size === all.length ? all : undefined;
  },
  show: (value) => value === "auto" ? value : showCores(value),
  plain: (value) => cores.show(value),
};

function numbersOf(part: string): readonly number[] | undefined {
  const [, from, to = from] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || first > last || last >= mostCores) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** `0,2-3`: what follows each other is written as a range. */
export function showCores(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] + 1 === number) range[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => first === last ? `${first}` : `${first}-${last}`).join(",");
}

/**
 * The architecture as one table: which part of the program may import which.
 *
 * Parts stand under each other, top first: a file imports from its own part and from every part further down.
 * Parts side by side do not know each other. A list in place of a name is a part with an order of its own inside.
 * A name is a path that files begin with; the longest one that fits decides where a file belongs.
 */

type Part = string | Levels;
type Levels = readonly (readonly Part[])[];

const levels: Levels = [
  ["main.ts"],
  ["src/cli"],
  [
    [
      ["src/master"],
      ["src/master/transitions"],
      ["src/master/tasks"],
      ["src/master/pool"],
      ["src/master/listeners"],
      ["src/master/generations", "src/master/telemetry", "src/master/commands", "src/master/channels"],
      ["src/master/hooks"],
      ["src/master/workers"],
      ["src/master/files"],
    ],
    "src/worker",
    "src/doctor",
  ],
  [
    [
      ["src/app/load", "src/app/config", "src/app/build"],
      ["src/app/bundle"],
      ["src/app/resolve"],
      ["src/app"],
    ],
    "src/control",
    [
      ["src/tasks/sqlite", "src/tasks/bullmq"],
      ["src/tasks"],
    ],
  ],
  ["src/account", "src/redis"],
  ["src/protocol"],
  ["src/log"],
  ["src/settings"],
  ["src/system"],
  [
    [
      ["src/core/telemetry"],
      ["src/core/pool", "src/core/transitions", "src/core/listeners", "src/core/http", "src/core/tasks"],
      ["src/core"],
    ],
  ],
];

/** Where in the table each name stands: the row and the place in it, and once more for each list on the way. */
const addresses = new Map(addressesIn(levels));

function addressesIn(table: Levels): [string, readonly number[]][] {
  return table.flatMap((row, rowIndex) =>
    row.flatMap((part, place) =>
      typeof part === "string"
        ? [[part, [rowIndex, place]] satisfies [string, number[]]]
        : addressesIn(part).map(([name, rest]): [string, number[]] => [name, [rowIndex, place, ...rest]])
    )
  );
}

/** Whether a path from the root of the repository is one of the program's files, which all need a level. */
export function isProgram(path: string): boolean {
  return path === "main.ts" || path.startsWith("src/");
}

/** Why a file of the program may not import another one; `undefined` if it may. */
export function objection(fromPath: string, toPath: string): string | undefined {
  const [from, to] = [partOf(fromPath), partOf(toPath)];
  if (from === undefined) return withoutLevel(fromPath);
  if (to === undefined) return withoutLevel(toPath);
  if (from.name === to.name) return undefined;

  const depth = from.address.findIndex((index, at) => index !== to.address[at]);
  const [mine = 0, theirs = 0] = [from.address[depth], to.address[depth]];
  // Addresses alternate between rows, which have an order, and places in a row, which have none.
  if (depth % 2 === 1) return `${from.name} and ${to.name} are on one level: they must not know each other`;
  return mine < theirs ? undefined : `imports point down: ${to.name} is above ${from.name}`;
}

function partOf(path: string) {
  const name = [...addresses.keys()]
    .filter((prefix) => path === prefix || path.startsWith(`${prefix}/`))
    .reduce((longest, prefix) => prefix.length > longest.length ? prefix : longest, "");
  const address = addresses.get(name);
  return address === undefined || isNewRoom(path, name) ? undefined : { name, address };
}

/** Where the table orders the folders of a part, a folder it does not name must not count as the part itself. */
function isNewRoom(path: string, part: string): boolean {
  const hasRooms = [...addresses.keys()].some((name) => name.startsWith(`${part}/`));
  return hasRooms && path.slice(part.length + 1).includes("/");
}

function withoutLevel(path: string): string {
  const folder = path.split("/").slice(0, -1).join("/");
  return `${folder} has no level: give it one in lint/levels.ts`;
}

/** The index lists every page, the pages link to what exists, and the migration page names only settings that exist. */

import { commands } from "../../src/cli/commands.ts";
import { knownPeerFlags } from "../../src/settings/peer_flags.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assertEquals } from "../assert.ts";

const docs = new URL("../../docs/", import.meta.url);
const names = Array.from(Deno.readDirSync(docs), ({ name }) => name).filter((name) => name.endsWith(".md"));
const read = (name: string) => Deno.readTextFileSync(new URL(name, docs));

Deno.test("the index lists every page once, under its title", () => {
  const listed = [...read("README.md").matchAll(/^- \[([^\]]+)\]\(([\w.]+)\): /gm)];
  const pages = names.filter((name) => name !== "README.md");
  assertEquals(listed.map(([, , name]) => name!).toSorted(), pages.toSorted());
  for (const [, title, name] of listed) assertEquals(`# ${title}`, read(name!).split("\n")[0], name);
});

Deno.test("links between pages lead to pages and headings that exist", () => {
  const wrong: string[] = [];
  for (const name of names) {
    for (const [, target, anchor] of read(name).matchAll(/\]\(([\w./-]*\.md)?(#[\w-]+)?\)/g)) {
      const url = new URL(target ?? name, docs);
      try {
        const text = Deno.readTextFileSync(url);
        if (anchor !== undefined && !anchorsIn(text).includes(anchor.slice(1))) {
          wrong.push(`${name}: ${target}${anchor}`);
        }
      } catch {
        wrong.push(`${name}: ${target}`);
      }
    }
  }
  assertEquals(wrong, []);
});

function anchorsIn(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\w\s-]/g, "").replaceAll(" ", "-")
  );
}

Deno.test("the second column of the migration page names flags and commands of ours", () => {
  const ours = new Set(namedSettings.flatMap(({ name, short }) => [`--${name}`, `-${short}`]));
  const others = ["--port", "--host", "--reload"];
  const words = new Set(commands.flatMap(({ name, words = [] }) => [name, ...words.map(({ name }) => name)]));
  for (const row of read("migration.md").split("\n").filter((line) => line.startsWith("| "))) {
    const cell = row.split(" | ")[1] ?? "";
    const flags = cell.match(/(?<=[`( ])--?[a-z][\w-]*/g) ?? [];
    assertEquals(flags.filter((flag) => !ours.has(flag) && !others.includes(flag)), [], row);
    const named = [...cell.matchAll(/`denicorn (\w+)/g)].map(([, word]) => word!);
    assertEquals(named.filter((word) => !words.has(word)), [], row);
  }
});

Deno.test("the flags that the migration page has no counterpart for are answered on the command line", () => {
  for (const flag of ["--preload", "--worker-connections", "--check-config", "--parallel", "-i", "-A"]) {
    assertEquals(knownPeerFlags.includes(flag), true, flag);
  }
});

/** The pages for people who work on Denicorn name files and rooms that exist. */

import { assertEquals } from "../assert.ts";

const root = new URL("../../", import.meta.url);
const pages = [
  "AGENTS.md",
  "CONTRIBUTING.md",
  "docs/architecture.md",
  "docs/containers.md",
  "docs/deployment.md",
  "docs/glossary.md",
  "docs/logging.md",
  "docs/scaling.md",
  "docs/security.md",
  "docs/systemd.md",
];

/** Code spans that are a path of the repository; `dist/` is built. */
function pathsIn(text: string): string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  return spans.filter((span) => /^\.?[\w-]+(\/[\w.-]+)*(\/|\.(ts|tsx|md|sh|json))$/.test(span));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, root));
    return true;
  } catch {
    return false;
  }
}

for (const page of pages) {
  const text = Deno.readTextFileSync(new URL(page, root));

  Deno.test(`every path in ${page} exists`, () => {
    assertEquals(pathsIn(text).filter((path) => !exists(path)), []);
  });

  Deno.test(`every link in ${page} leads to a file`, () => {
    const targets = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target]) => target!);
    const files = targets.filter((target) => !target.includes(":"));
    const folder = page.slice(0, page.lastIndexOf("/") + 1);
    assertEquals(files.filter((target) => !exists(folder + target)), []);
  });
}

Deno.test("docs/architecture.md names every layer of src/ and every room of src/master/", () => {
  const named = new Set(pathsIn(Deno.readTextFileSync(new URL("docs/architecture.md", root))));
  const rooms = ["src/", "src/master/"].flatMap((folder) =>
    Array.from(Deno.readDirSync(new URL(folder, root)))
      .filter(({ isDirectory }) => isDirectory).map(({ name }) => `${folder}${name}/`)
  );
  assertEquals(rooms.filter((room) => !named.has(room)), []);
});

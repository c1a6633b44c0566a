/** The licenses of what is in the executable, as one text that belongs to each package with it. */

import type { BundledPackage } from "./bundled_packages.ts";
import type { Contents } from "./sbom.ts";
import { root } from "./workspace.ts";

/** The name of the text's file. */
export const licensesFile = "THIRD_PARTY_LICENSES";

/** What the text does not cover. */
export const notCovered = `What is inside the runtime of Deno, such as V8 and crates of Rust, and inside the
executable of esbuild, such as packages of Go, has licenses of its own, which are
not listed here.`;

/** Deno's runtime, and the packages with esbuild, whose license is also that of its executable; sorted by name. */
export async function thirdParties(
  { packages, runtime }: Pick<Contents, "packages" | "runtime">,
): Promise<BundledPackage[]> {
  // Kept here, because a Deno that is not from npm comes without it, and the same commit has to give the same bytes.
  const license = (await Deno.readTextFile(`${root}/scripts/licenses/deno.txt`)).trim();
  const deno = { name: "deno", version: runtime.version, license: "MIT", notices: [license] };
  return [...packages, deno].sort((a, b) => idOf(a) < idOf(b) ? -1 : 1);
}

/** The content of the file, in the order of `parties`. */
export function renderLicenses(parties: readonly BundledPackage[]): string {
  const head = `Licenses of others in Denicorn

The executable of Denicorn contains the runtime of Deno, the executable of esbuild,
and the packages of npm below, each with its license and what its license files say.
${notCovered}
`;
  const sections = parties.map((party) => {
    const title = `${idOf(party)} (${party.license})`;
    return `\n${"-".repeat(80)}\n${title}\n\n${textOf(party)}\n`;
  });
  return head + sections.join("");
}

function textOf({ license, author, notices }: BundledPackage): string {
  if (notices.length > 0) return notices.join("\n\n");
  const named = author === undefined ? "" : `, and as its author ${author}`;
  return `The package has no license file. Its package.json names ${license}${named}.`;
}

function idOf({ name, version }: BundledPackage): string {
  return `${name}@${version}`;
}

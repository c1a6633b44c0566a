/**
 * The file `copyright` of the Debian package, in Debian's format for programs. Debian wants the licenses of everything in
 * it, not a reference to another file, unless that is in /usr/share/common-licenses.
 */
import type { BundledPackage } from "./bundled_packages.ts";
import { notCovered } from "./third_party_licenses.ts";

/** What Debian calls licenses; it has the same name for others. */
const debianNames: Readonly<Record<string, string>> = { MIT: "Expat" };

const inCommonLicenses = ["Apache-2.0", "MPL-2.0"];

const copyrightLine = /^\s*Copyright (?=\(c\)|©|\d{4})(?:\(c\)|©)? ?(.*\S)\s*$/i;
const titleLine = /^\s*\(?(?:The )?(?:MIT|ISC) License\b.{0,6}$/;

/** `license` is ours. */
export function debianCopyright(license: string, parties: readonly BundledPackage[]): string {
  const names = new Map<string, string>();
  const ours = stanza("*", { name: "denicorn", license: "MIT", notices: [license] }, names);
  const others = parties.map((party) => stanza(`${party.name}/*`, party, names));
  const licenses = [...names].map(([text, name]) => `License: ${name}\n${indented(text)}\n`);
  const comment = "The paragraphs after the next one are about packages whose code is in\n/usr/bin/denicorn.";
  return [
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n" +
    `Upstream-Name: Denicorn\nComment:\n${indented(`${comment}\n${notCovered}`)}\n`,
    ours,
    ...others,
    ...licenses,
  ].join("\n");
}

/** Adds the license's text to `names`, where two texts of one license get two names. */
function stanza(
  files: string,
  party: Pick<BundledPackage, "name" | "license" | "author" | "notices">,
  names: Map<string, string>,
): string {
  const holders = holdersOf(party);
  const usual = debianNames[party.license] ?? party.license;
  const text = textOf(party);
  const known = [...names].find(([other]) => words(other) === words(text))?.[1];
  const name = known ?? ([...names.values()].includes(usual) ? `${usual}-${nameIn(party.name)}` : usual);
  if (known === undefined) names.set(text, name);
  return `Files: ${files}\nCopyright: ${holders.join("\n           ")}\nLicense: ${name}\n`;
}

function holdersOf({ name, author, notices }: Pick<BundledPackage, "name" | "author" | "notices">): string[] {
  const lines = linesOf(notices).flatMap((line) => copyrightLine.exec(line)?.[1] ?? []);
  return lines.length > 0 ? [...new Set(lines)] : [author ?? `the authors of ${name}`];
}

/** Without what differs between packages under one license: who has the copyright, and the title. */
function textOf({ license, notices }: Pick<BundledPackage, "license" | "notices">): string {
  if (inCommonLicenses.includes(license)) {
    return `On Debian systems the text of this license is in /usr/share/common-licenses/${license}.`;
  }
  if (notices.length === 0) return `The package has no license file. Its package.json names ${license}.`;
  return linesOf(notices).filter((line) => !copyrightLine.test(line) && !titleLine.test(line)).join("\n")
    .trim();
}

function linesOf(notices: readonly string[]): string[] {
  return notices.join("\n\n").split("\n");
}

/** Some texts break their lines elsewhere. */
function words(text: string): string {
  return text.split(/\s+/).join(" ");
}

/** A license's name has no `@` and `/` here. */
function nameIn(name: string): string {
  return name.replace("@", "").replaceAll("/", "-");
}

function indented(text: string): string {
  return text.split("\n").map((line) => line.trim() === "" ? " ." : ` ${line.trimEnd()}`).join("\n");
}

/** Text in columns, lines, tables and sections. */

import { type NamedSetting, namedSettings, sectionTitles } from "../settings/settings.ts";

/** Breaks `text` between words into lines of at most `width`; a longer word gets its own line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Like `wrap`, but does not break text in backquotes, so that commands can be copied. */
export function wrapAroundCode(text: string, width: number): string[] {
  const unbroken = "\u00a0";
  const whole = text.replace(/`[^`]*`/g, (code) => code.replaceAll(" ", unbroken));
  return wrap(whole, width).map((line) => line.replaceAll(unbroken, " "));
}

/** The width at which `deno fmt` breaks prose, so that it leaves a page as it is. */
const pageWidth = 110;

/** A paragraph of a Markdown page. */
export function paragraph(text: string): string {
  return wrapAroundCode(text, pageWidth).join("\n");
}

/** An item of a list on a Markdown page. */
export function listItem(text: string): string {
  return wrapAroundCode(`- ${text}`, pageWidth).join("\n  ");
}

/** A Markdown table, aligned as `deno fmt` does. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Rows in columns that are as wide as needed. */
export function alignedTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}

/** All its environment variables, the one that wins first. */
export function variables({ variable, alias }: NamedSetting): string[] {
  return alias === undefined ? [variable] : [variable, alias.name];
}

interface RenderedSection<Rendered> {
  readonly title: string;
  readonly rendered: readonly Rendered[];
}

/** Every setting rendered, in the sections of the table. */
export function bySection<Rendered>(
  render: (setting: NamedSetting) => Rendered,
): RenderedSection<Rendered>[] {
  return sectionTitles.map((title) => ({
    title,
    rendered: namedSettings.filter(({ section }) => section === title).map(render),
  }));
}

/** Tables for a terminal and for Markdown. */

/** Columns as wide as their contents; the first is text, the others are numbers. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((text, column) => column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))
      .join("  ").trimEnd()
  ).join("\n");
}

/** The first row is the head. */
export function markdown([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head!.map((_, column) => column === 0 ? "---" : "---:");
  return [line(head!), line(rule), ...rows.map(line)].join("\n");
}

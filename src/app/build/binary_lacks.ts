/** What a compiled program lacks, because the runtime has no place on disk for it there. */

interface Lack {
  readonly name: string;
  readonly use: RegExp;
}

const lacks: readonly Lack[] = [
  { name: "caches.open", use: /\bcaches\s*\??\.\s*open\s*\(/ },
  { name: "localStorage", use: /\blocalStorage\s*\??\.\s*(?:getItem|setItem|removeItem|clear|key)\b/ },
];

/** A warning for each that the bundle `text` uses; it fails where the app reaches it. */
export function lackingInBinary(text: string): string[] {
  // The source map is longer than the rest, and has no code.
  const code = text.slice(0, text.lastIndexOf("\n//# sourceMappingURL="));
  return lacks.filter(({ use }) => use.test(code)).map(({ name }) =>
    `the app uses ${name}, which fails in the binary: use a file, node:sqlite or Deno KV, or run Denicorn from source`
  );
}

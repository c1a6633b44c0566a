/** The files of deploy/ that `denicorn init` writes, as a module: the executable holds no other files. */
export function deployTexts(): string {
  const constant = (name: string, path: string) => {
    const text = Deno.readTextFileSync(new URL(`../deploy/${path}`, import.meta.url));
    const lines = text.trimEnd().split("\n").map((line) => `  ${JSON.stringify(line)},`);
    return `/** deploy/${path} */\nexport const ${name} = [\n${lines.join("\n")}\n  "",\n].join("\\n");\n`;
  };
  const head = "// deno-fmt-ignore-file\n/** Written by scripts/write_docs.ts: `make docs`. */\n\n";
  return head + [constant("dockerfile", "Dockerfile"), constant("unit", "denicorn.service")].join("\n");
}

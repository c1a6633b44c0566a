/** An app of many modules: the guestbook, with 300 more files of about 60 lines, each importing others. */

import { root } from "./program.ts";

const moduleCount = 300;
const functionsPerModule = 12;

/** Writes the app into `folder` and gives the path of its main module. */
export function writeLargeApp(folder: string): string {
  const guestbook = `${root}examples/guestbook`;
  Deno.mkdirSync(folder);
  for (const { name, isFile } of Deno.readDirSync(guestbook)) {
    if (isFile) Deno.copyFileSync(`${guestbook}/${name}`, `${folder}/${name}`);
  }
  Deno.symlinkSync(`${root}node_modules`, `${folder}/node_modules`);
  Deno.mkdirSync(`${folder}/modules`);
  for (let index = 0; index < moduleCount; index++) {
    Deno.writeTextFileSync(`${folder}/modules/m${index}.ts`, moduleText(index));
  }
  const imports = Array.from(
    { length: moduleCount },
    (_, index) => `import { f${index}_0 } from "./modules/m${index}.ts";`,
  );
  const calls = Array.from({ length: moduleCount }, (_, index) => `f${index}_0`);
  const main = Deno.readTextFileSync(`${folder}/main.ts`);
  Deno.writeTextFileSync(
    `${folder}/main.ts`,
    `${imports.join("\n")}\n${main}\nexport const all = [${calls.join(", ")}];\n`,
  );
  return `${folder}/main.ts`;
}

function moduleText(index: number): string {
  const next = index + 1 < moduleCount ? `import { f${index + 1}_0 } from "./m${index + 1}.ts";\n` : "";
  const call = index + 1 < moduleCount ? `f${index + 1}_0 !== undefined` : "false";
  const functions = Array.from({ length: functionsPerModule }, (_, name) => `
export function f${index}_${name}(values: readonly { id: number; label: string }[]): string {
  const found = values.filter(({ id, label }) => id % ${name + 2} === 0 && label.length > ${name});
  return found.map(({ id, label }) => \`\${id}: \${label}\`).join(", ") + String(${call});
}
`);
  return `import { z } from "zod";\n${next}export const schema${index} = () => z.object({ id: z.number(), label: z.string() });\n${
    functions.join("")
  }`;
}

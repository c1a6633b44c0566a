/** The files of a new project, each with its text. */

import { renderDeclarations } from "../declarations.ts";
import { dockerfile, unit } from "./deploy_texts.ts";

interface ProjectFile {
  /** In the directory of the project. */
  readonly name: string;
  readonly text: string;
}

const main = `export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    return pathname === "/"
      ? new Response("Hello from Denicorn!\\n")
      : new Response("There is nothing here.\\n", { status: 404 });
  },
};
`;

const config = `import { defineConfig } from "denicorn";

export default defineConfig({
  app: "main.ts",
  bind: "127.0.0.1:8000",
  workers: "auto",
});
`;

const declarations = "denicorn.d.ts";

const denoJson = {
  tasks: {
    dev: "denicorn --watch --workers 1",
    start: "denicorn",
    check: "denicorn check && deno check",
  },
  compilerOptions: { types: [`./${declarations}`] },
};

/** The placeholder in the files of deploy/. */
const placeholder = /\bmyapp\b/g;

/** `name`: of the app, for its unit and its account. */
export function projectFiles(name: string): readonly ProjectFile[] {
  return [
    { name: "main.ts", text: main },
    { name: "denicorn.config.ts", text: config },
    { name: declarations, text: renderDeclarations() },
    { name: "deno.json", text: `${JSON.stringify(denoJson, null, 2)}\n` },
    { name: "Dockerfile", text: dockerfile.replace(placeholder, name) },
    { name: `${name}.service`, text: unit.replace(placeholder, name) },
    { name: ".gitignore", text: "node_modules/\n.env\n" },
  ];
}

/** What a `deno.json` that was there before needs, so that `deno check` and editors know the types; `null` for nothing. */
export function typesHint(denoJsonText: string): string | null {
  if (denoJsonText.includes(declarations)) return null;
  return `Add to deno.json, for deno check and editors: "compilerOptions": ${
    JSON.stringify(denoJson.compilerOptions)
  }`;
}

/** A name for a unit and an account, made from that of a directory. */
export function projectName(directory: string): string {
  const name = directory.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^[-0-9]+|-+$/g, "").slice(0, 30);
  return name === "" ? "myapp" : name;
}

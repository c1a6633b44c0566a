/** Installs and builds a framework's app in `.tools/frameworks/`, once for each version of it. */

import type { Framework } from "./framework.ts";

const folder = new URL("../../.tools/frameworks/", import.meta.url).pathname;

/** Some frameworks build only with this version of Node.js or a later one. */
const leastNode = [22, 12] as const;
const ownNode = "22.23.3";

/** Returns the folder of the built project. Throws with what a command printed. */
export async function installed({ name, packages, files, builds }: Framework): Promise<string> {
  const project = `${folder}${name}`;
  const made = JSON.stringify({ packages, files, builds });
  const stamp = `${project}/.made`;
  if (await textOf(stamp) === made) return project;
  await Deno.remove(project, { recursive: true }).catch(() => {});
  await Deno.mkdir(project, { recursive: true });
  const manifest = { name, private: true, type: "module", version: "1.0.0" };
  const all: Framework["files"] = { "package.json": JSON.stringify(manifest), ...files };
  for (const [path, text] of Object.entries(all)) {
    await Deno.mkdir(`${project}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(
      `${project}/${path}`,
      typeof text === "string" ? new TextEncoder().encode(text) : text,
    );
  }
  const path = [`${project}/node_modules/.bin`, ...await nodeFolder(), Deno.env.get("PATH")].join(":");
  await run(["npm", "install", "--save-exact", "--no-audit", "--no-fund", "--loglevel=error", ...packages], {
    cwd: project,
    path,
  });
  for (const build of builds) await run(build, { cwd: project, path });
  await Deno.writeTextFile(stamp, made);
  return project;
}

/** Where a newer Node.js is, if that of this machine is too old. */
async function nodeFolder(): Promise<string[]> {
  const { stdout } = await new Deno.Command("node", { args: ["--version"] }).output();
  const [major = 0, minor = 0] = new TextDecoder().decode(stdout).replace("v", "").split(".").map(Number);
  if (major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])) return [];
  const name = `node-linux-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;
  const prefix = `${folder}.node`;
  await Deno.mkdir(prefix, { recursive: true });
  if (await textOf(`${prefix}/node_modules/${name}/package.json`) === undefined) {
    await run(["npm", "install", "--prefix", prefix, "--no-audit", "--no-fund", `${name}@${ownNode}`], {
      cwd: prefix,
      path: Deno.env.get("PATH") ?? "",
    });
  }
  return [`${prefix}/node_modules/${name}/bin`];
}

async function run(
  [command, ...args]: readonly [string, ...string[]],
  { cwd, path }: { readonly cwd: string; readonly path: string },
): Promise<void> {
  const telemetry = { NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1" };
  const { success, stdout, stderr } = await new Deno.Command("env", {
    args: [`PATH=${path}`, command, ...args],
    cwd,
    env: { ...telemetry, CI: "true", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (success) return;
  const printed = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  throw new Error(`cannot build ${cwd}: ${[command, ...args].join(" ")} failed:\n${printed}`);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return undefined;
  }
}

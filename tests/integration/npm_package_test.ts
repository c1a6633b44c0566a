/** The packages of `make dist` for npm, installed from files into an empty folder, without a network. */

import { writeArchive } from "../../scripts/archive.ts";
import { packageName, writeCommandPackage, writeTargetPackage } from "../../scripts/npm_packages.ts";
import { hostTarget } from "../../scripts/target.ts";
import { version } from "../../src/core/version.ts";
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { notInThisProgram, type Target, type TestHost, testOnOneTarget } from "./harness.ts";

/** Packs what `write` puts into a folder, and returns the name of the file. */
async function pack(host: TestHost, name: string, write: (dir: string) => Promise<void>): Promise<string> {
  await write(`${host.folder}/${name}/package`);
  await writeArchive(`${host.folder}/${name}.tar`, `${host.folder}/${name}`, "package", {
    date: "0",
    level: 0,
  });
  return `${name}.tar`;
}

async function install(host: TestHost, files: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("npm", {
    args: ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", ...files],
    cwd: host.folder,
    env: { ...host.environment, npm_config_cache: `${host.folder}/npm-cache` },
    clearEnv: true,
  }).output();
  const text = new TextDecoder();
  assertEquals(success, true, text.decode(stdout) + text.decode(stderr));
}

async function lackingNpm(): Promise<string | null> {
  if (hostTarget === undefined) return "no package is for this machine";
  try {
    await new Deno.Command("npm", { args: ["--version"] }).output();
    return null;
  } catch {
    return "npm is missing";
  }
}

const missing = await lackingNpm();
const lacking = (target: Target) => target.name === "source" ? notInThisProgram : missing;

testOnOneTarget("the command of the npm packages is the server itself, which TERM stops", async (host) => {
  host.write({ "package.json": "{}" });
  await install(host, [
    await pack(host, "denicorn", (dir) => writeCommandPackage(dir, version)),
    await pack(
      host,
      packageName(hostTarget!),
      (dir) => writeTargetPackage(dir, hostTarget!, version, host.target.command[0]!, "hono: MIT\n"),
    ),
  ]);
  const command = `${host.folder}/node_modules/.bin/denicorn`;
  const { stdout } = await new Deno.Command(command, { args: ["--version"] }).output();
  assertEquals(new TextDecoder().decode(stdout), (await host.run(["--version"])).stdout);

  const server = host.start({
    files: { "main.ts": `export default { fetch: () => new Response("ok") };\n` },
    command: [command],
  });
  await server.ready(1);
  assertEquals(await server.text(), "ok");
  const licenses = `node_modules/${packageName(hostTarget!)}/THIRD_PARTY_LICENSES`;
  assertEquals(Deno.readTextFileSync(`${host.folder}/${licenses}`), "hono: MIT\n");
  const program = `${host.folder}/node_modules/${packageName(hostTarget!)}/bin/denicorn`;
  assertEquals(Deno.readLinkSync(`/proc/${server.pid}/exe`), Deno.realPathSync(program));
  server.kill("SIGTERM");
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertEquals(server.leftovers(), []);
}, lacking);

testOnOneTarget(
  "without a package for the machine, the command of npm says which one is missing",
  async (host) => {
    host.write({ "package.json": "{}" });
    await install(host, [await pack(host, "denicorn", (dir) => writeCommandPackage(dir, version))]);
    const { code, stderr } = await new Deno.Command(`${host.folder}/node_modules/.bin/denicorn`).output();
    assertEquals(code, 1);
    assertStringIncludes(
      new TextDecoder().decode(stderr),
      `the package ${packageName(hostTarget!)} is not installed`,
    );
  },
  lacking,
);

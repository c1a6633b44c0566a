/**
 * Runs what frameworks build, unchanged, from source and in the binary: in two workers, through a reload under load.
 * It takes minutes, and a network:
 *
 *     deno run -A tests/frameworks/run.ts [NAME]...
 */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { freePort, type Target, targets, TestHost } from "../integration/harness.ts";
import { underReload } from "../integration/node_packages.ts";
import type { Server } from "../integration/server.ts";
import { astro } from "./astro.ts";
import type { Framework, Output } from "./framework.ts";
import { installed } from "./install.ts";
import { nest } from "./nest.ts";
import { next } from "./next.ts";
import { nitro } from "./nitro.ts";
import { reactRouter } from "./react_router.ts";
import { svelteKit } from "./svelte_kit.ts";

const frameworks: readonly Framework[] = [nest, next, ...nitro, ...astro, svelteKit, reactRouter];

async function main(names: readonly string[]): Promise<boolean> {
  let failures = 0;
  let passes = 0;
  const chosen = frameworks.filter(({ name }) =>
    names.length === 0 || names.some((part) => name.startsWith(part))
  );
  assert(chosen.length > 0, `no such framework: ${names}: there are ${frameworks.map(({ name }) => name)}`);
  for (const framework of chosen) {
    const started = performance.now();
    try {
      const project = await installed(framework);
      console.log(`${framework.name}: built, ${seconds(started)}`);
      for (const output of framework.outputs) {
        for (const target of targets) {
          const line = `${framework.name} ${output.name} [${target.name}]`;
          const start = performance.now();
          try {
            await check(target, output, project);
            passes++;
            console.log(`${line}: ok, ${seconds(start)}`);
          } catch (error) {
            failures++;
            console.log(
              `${line}: FAILED, ${seconds(start)}\n${error instanceof Error ? error.stack : error}`,
            );
          }
        }
      }
    } catch (error) {
      failures++;
      console.log(`${framework.name}: FAILED: ${error instanceof Error ? error.message : error}`);
    }
  }
  console.log(`${passes} passed, ${failures} failed`);
  return failures === 0;
}

async function check(
  target: Target,
  { app, args = [], env = {}, refusal, page, paths = {} }: Output,
  project: string,
) {
  const host = new TestHost(target);
  const port = freePort();
  try {
    const server = host.start({
      files: {},
      app: null,
      args: [app, "-w", "2", ...args],
      env: { PORT: String(port), ...env },
      cwd: project,
      port,
      isBound: false,
    });
    if (refusal !== undefined) {
      assert((await server.exit()).code !== 0, server.stderr);
      assertMatch(server.stderr, refusal);
      return;
    }
    await server.ready(2);
    await requireContent(server, "/", page);
    for (const [path, { contains, from }] of Object.entries(paths)) {
      const name = from === undefined ? "" : fileIn(`${project}/${from}`, path);
      await requireContent(server, path.replace("*", name), contains);
    }
    await underReload(server);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.stderr.match(/^.* (error|warning) .*$/m)?.[0], undefined);
    assertEquals(server.leftovers(), []);
  } finally {
    await host.close();
  }
}

async function requireContent(server: Server, path: string, content: string): Promise<void> {
  const response = await server.fetch(path);
  const text = await response.text();
  assertEquals(response.status, 200, `${path}: ${text.slice(0, 500)}\n${server.stderr}`);
  assert(text.includes(content), `${path} lacks ${content}: ${text.slice(0, 500)}`);
}

/** The name that stands for `*` in `path`, whose last part is a file in `folder`. */
function fileIn(folder: string, path: string): string {
  const [before = "", after = ""] = path.slice(path.lastIndexOf("/") + 1).split("*");
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.startsWith(before) && name.endsWith(after)) {
      return name.slice(before.length, name.length - after.length);
    }
  }
  throw new Error(`no file for ${path} in ${folder}`);
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

if (!await main(Deno.args)) Deno.exit(1);

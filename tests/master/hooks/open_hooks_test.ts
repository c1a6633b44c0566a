import type { HookName } from "../../../src/core/hook_table.ts";
import type { Logger } from "../../../src/log/logger.ts";
import { DirectoryGuard } from "../../../src/master/files/directory_guard.ts";
import type { RuntimeDirectory } from "../../../src/master/files/runtime_directory.ts";
import { openHooks } from "../../../src/master/hooks/open_hooks.ts";
import type { Generation } from "../../../src/master/workers/generation.ts";
import type { SpawnOptions } from "../../../src/system/system.ts";
import { assertEquals } from "../../assert.ts";
import { FakeProcess, FakeSystem } from "../../fakes/fake_system.ts";
import { resolve } from "../../settings/resolving.ts";

/** Opens the hooks of these names, and notes what is done with their bundle. */
function opened(
  names: readonly HookName[],
  { args = [], isGone = false }: { args?: string[]; isGone?: boolean } = {},
) {
  const system = new FakeSystem();
  const done: string[] = [];
  const spawned: SpawnOptions[] = [];
  const mode = (options?: { mode?: number }) => (options?.mode ?? 0).toString(8);
  const { writeText, writeBytes } = system.files;
  Object.assign(system.files, {
    writeText(...given: Parameters<typeof writeText>) {
      done.push(`written ${mode(given[2])}`);
      writeText(...given);
    },
    writeBytes(...given: Parameters<typeof writeBytes>) {
      done.push(`restored ${mode(given[2])}`);
      writeBytes(...given);
    },
    hold(path: string) {
      const text = system.texts.get(path);
      return { read: () => new TextEncoder().encode(text), close: () => {} };
    },
    changeMode: (_: string, mode: number) => void done.push(`mode ${mode.toString(8)}`),
  });
  Object.assign(system.host, {
    chdir(path: string) {
      if (isGone && path !== "/") throw new Error("No such file or directory");
    },
  });
  Object.assign(system.processes, {
    spawn(options: SpawnOptions) {
      spawned.push(options);
      return new FakeProcess(7);
    },
  });
  const directory = {
    ...{ path: "/run/d", channelSocket: "/run/d/channel.sock", verify: () => {}, ensure: () => {} },
    share: ({ gid }: { gid?: number }, file?: string) => void done.push(`${file} for group ${gid}`),
  } as unknown as RuntimeDirectory;
  const logger = { warning: () => {} } as unknown as Logger;
  const directoryGuard = new DirectoryGuard(system, logger, directory);
  openHooks(
    {
      system,
      logger,
      directory,
      directoryGuard,
      credentials: { title: "www", variables: {}, uid: 33, gid: 44 },
    },
    { number: 1, settings: resolve({ args }).settings, directory: "/srv" } as unknown as Generation,
    { names, source: "/srv/denicorn.config.ts", text: "" },
  );
  /** What is done when a cleaner has removed the bundle. */
  const restored = () => {
    done.length = 0;
    system.texts.delete("/run/d/hooks-1.mjs");
    directoryGuard.check();
    return done;
  };
  return { done, spawned, restored };
}

Deno.test("only the user of the master may read hooks of the master", () => {
  const { done, restored } = opened(["onExit", "childExit"]);
  assertEquals(done, ["written 600", "mode 600"]);
  assertEquals(restored(), ["restored 600", "mode 600"]);
});

Deno.test("workers may read their hooks, by their group", () => {
  const { done, restored, spawned } = opened(["onExit", "workerExit"]);
  assertEquals(done, ["written 600", "/run/d/hooks-1.mjs for group 44"]);
  assertEquals(restored(), ["restored 600", "/run/d/hooks-1.mjs for group 44"]);
  assertEquals(spawned.length, 1);
  assertEquals(opened(["workerExit"]).spawned, []);
});

Deno.test("the process of the hooks starts in the working directory, or in / if that was removed", () => {
  const shown = (
    { spawned: [process] }: ReturnType<typeof opened>,
  ) => [process!.cwd, ...process!.args.slice(-2)];
  assertEquals(shown(opened(["onExit"])), ["/srv", "--run-hooks", "gen=1"]);
  const args = ["--proc-name", "shop"];
  assertEquals(shown(opened(["onExit"], { args, isGone: true })), [
    "/",
    "--run-hooks",
    "denicorn: hooks [shop]",
  ]);
});

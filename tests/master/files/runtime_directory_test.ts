import {
  makeRuntimeDirectory,
  removeAbandonedDirectories,
  removeAbandonedNowAndLater,
  runtimeParents,
  unusablePlaces,
} from "../../../src/master/files/runtime_directory.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import type { System } from "../../../src/system/system.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";

/** The real system, with `folder` as the place for runtime directories, one day later. */
function tomorrowIn(folder: string): System {
  const system = createSystem();
  const env = (name: string) => name === "XDG_RUNTIME_DIR" || name === "TMPDIR" ? folder : undefined;
  return {
    ...system,
    host: { ...system.host, env },
    clock: { ...system.clock, wall: () => Date.now() + 86_400_000 },
    files: { ...system.files, stat: (path) => path === "/tmp" ? null : system.files.stat(path) },
  };
}

Deno.test("what a dead master left is removed; what only has such a name is not", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "runtime-" });
  try {
    const system = tomorrowIn(folder);
    const dead = makeRuntimeDirectory(system);
    // After a kill the socket file stays; closing it would remove it.
    Deno.renameSync(dead.channelSocket, `${folder}/kept`);
    dead.channels.close();
    Deno.renameSync(`${folder}/kept`, dead.channelSocket);
    Deno.writeTextFileSync(`${dead.path}/generation-1.mjs`, "");
    Deno.mkdirSync(`${folder}/denicorn-backup`);
    Deno.writeTextFileSync(`${folder}/denicorn-backup/data`, "precious");
    Deno.mkdirSync(`${folder}/denicorn-odd`);
    Deno.writeTextFileSync(`${folder}/denicorn-odd/channel.sock`, "not a socket");
    Deno.mkdirSync(`${folder}/denicorn-empty`);

    using living = makeRuntimeDirectory(system);
    using second = makeRuntimeDirectory(system);
    await removeAbandonedDirectories(system, [undefined, dead.path]);
    assertEquals(Deno.statSync(dead.path).isDirectory, true, "it is kept for the workers of an old master");
    await removeAbandonedDirectories(system);
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => `${folder}/${name}`).sort();
    const expected = ["backup", "odd"].map((name) => `${folder}/denicorn-${name}`);
    assertEquals(names, [...expected, living.path, second.path].sort());
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

const clocks = {
  "": () => Date.now(),
  ", though the clock has been set forward": () => Date.now() + 86_400_000,
};
for (const [when, wall] of Object.entries(clocks)) {
  Deno.test(`a master that starts at the same moment, bound and not yet listening, is left alone${when}`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "runtime-" });
    try {
      const placed = tomorrowIn(folder);
      const system = { ...placed, clock: { ...placed.clock, wall } };
      using starting = makeRuntimeDirectory(system);
      let looks = 0;
      const answers = () => Promise.resolve(++looks > 1);
      await removeAbandonedDirectories({ ...system, network: { ...system.network, answers } });
      assertEquals([looks, Deno.statSync(starting.path).isDirectory], [2, true]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });

  Deno.test(`a master that is about to bind its socket is left alone${when}`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "runtime-" });
    try {
      const placed = tomorrowIn(folder);
      const system = { ...placed, clock: { ...placed.clock, wall } };
      Deno.mkdirSync(`${folder}/denicorn-starting`);
      const removed = removeAbandonedDirectories(system);
      using _channels = Deno.listen({ transport: "unix", path: `${folder}/denicorn-starting/channel.sock` });
      await removed;
      assertEquals(Deno.statSync(`${folder}/denicorn-starting`).isDirectory, true);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

Deno.test("a master that is killed before it binds its socket leaves nothing for long", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "runtime-" });
  try {
    const clock = new FakeClock();
    const made = Date.now();
    const placed = tomorrowIn(folder);
    const system = {
      ...placed,
      clock: Object.assign(clock, { wall: () => made + clock.monotonic() }),
    };
    const names = () => Array.from(Deno.readDirSync(folder), ({ name }) => name);
    Deno.mkdirSync(`${folder}/denicorn-killed`);
    const removed = removeAbandonedNowAndLater(system);
    await settled();
    await clock.advance(9_000);
    assertEquals(names(), ["denicorn-killed"], "it may be that of a master that starts");
    await clock.advance(3_000);
    await removed;
    assertEquals(names(), []);
    assertEquals(clock.timers, 0);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a variable that names no usable place is passed over, with a line that says why", () => {
  const folder = Deno.makeTempDirSync({ prefix: "runtime-" });
  try {
    Deno.writeTextFileSync(`${folder}/file`, "");
    const linesFor = (value: string) => {
      const system = createSystem();
      const env = (name: string) => name === "TMPDIR" ? value : undefined;
      const named = { ...system, host: { ...system.host, env } };
      assertEquals(runtimeParents(named).includes(value), false);
      return unusablePlaces(named).map((line) => line.replaceAll(folder, "FOLDER"));
    };
    const line = (value: string, reason: string) => [
      `TMPDIR=${value} is not used for the runtime directory: ${reason}`,
    ];
    assertEquals(linesFor(""), []);
    assertEquals(linesFor("tmp"), line("tmp", "it is not an absolute path"));
    assertEquals(linesFor(`${folder}/none`), line("FOLDER/none", "it does not exist"));
    assertEquals(linesFor(`${folder}/file`), line("FOLDER/file", "it is not a directory"));
    const long = `/${"x".repeat(100)}`;
    assertEquals(linesFor(long), line(long, "it is longer than 68 characters"));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

if (Deno.uid() !== 0) console.log("skipped: the runtime directory of root: this user is not root");

Deno.test({
  name: "root takes a directory of another user only if there is no other",
  ignore: Deno.uid() !== 0,
  fn() {
    const folder = Deno.makeTempDirSync({ prefix: "runtime-" });
    try {
      Deno.chownSync(folder, 65534, 65534);
      const system = createSystem();
      const env = (name: string) => name === "XDG_RUNTIME_DIR" ? folder : undefined;
      const parents = runtimeParents({ ...system, host: { ...system.host, env } });
      assertEquals([parents[0], parents.at(-1)], ["/tmp", folder]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

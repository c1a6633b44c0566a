import { lockDirectory } from "../../../src/system/files/directory_lock.ts";
import { copyProgram, runningProgram } from "../../../src/system/processes/program_copy.ts";
import { assert, assertEquals } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

const exists = (path: string) => {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
};

linuxOnly("a copy is removed by another process when its own has ended, not before", async () => {
  const home = Deno.makeTempDirSync();
  try {
    // Names say nothing: process ids may be those of another container.
    const dead = `${home}/denicorn-program-${Deno.pid}-dead`;
    const alive = `${home}/denicorn-program-999999999-alive`;
    for (const directory of [dead, alive]) {
      Deno.mkdirSync(directory);
      Deno.writeTextFileSync(`${directory}/denicorn`, "");
    }
    const unlock = lockDirectory(alive);
    assert(unlock !== null);
    const copy = copyProgram("copy", home, () => {});
    assertEquals([dead, alive].map(exists), [false, true]);
    assertEquals(Deno.statSync(copy.path).size, Deno.statSync(runningProgram).size);

    // This process has it, so another process does not remove it.
    const program = new URL("../../../src/system/processes/program_copy.ts", import.meta.url).href;
    const code = `
      import { copyProgram } from ${JSON.stringify(program)};
      copyProgram("copy", ${JSON.stringify(home)}, () => {});
      Deno.kill(Deno.pid, "SIGKILL");`;
    await new Deno.Command(Deno.execPath(), { args: ["eval", "--no-lock", code], stderr: "inherit" })
      .output();
    assertEquals(names(home).length, 3, "that of the killed process is left");
    assert(exists(copy.path.slice(0, copy.path.lastIndexOf("/"))));

    unlock();
    copyProgram("copy", home, () => {}).remove();
    assertEquals(names(home).map((name) => `${home}/${name}/copy`), [copy.path]);
    copy.remove();
    assertEquals(names(home), []);
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
});

function names(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name);
}

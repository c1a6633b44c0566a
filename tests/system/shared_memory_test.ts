import { createSystem } from "../../src/system/deno_system.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

const { memory, host } = createSystem();

function withFolder(run: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    run(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

linuxOnly("two mappings of a file share their memory", () =>
  withFolder((folder) => {
    const made = new Float64Array(memory.create(`${folder}/board`, 4096));
    const mapped = new Float64Array(memory.map(`${folder}/board`, host.uid!));
    assertEquals([made.length, mapped.length, mapped[7]], [512, 512, 0]);
    made[7] = 42;
    assertEquals(mapped[7], 42);
    assertEquals(Deno.statSync(`${folder}/board`).mode! & 0o777, 0o600);
  }));

linuxOnly("all memory of the file is allocated when it is created", () => {
  const folder = Deno.makeTempDirSync({ dir: "/dev/shm" });
  try {
    memory.create(`${folder}/board`, 1 << 20);
    assertEquals(Deno.statSync(`${folder}/board`).blocks, (1 << 20) / 512);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

linuxOnly(
  "a planted file is refused: of another owner, a link, or one that exists already",
  () =>
    withFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/file`, "x".repeat(4096));
      Deno.symlinkSync(`${folder}/file`, `${folder}/link`);
      assertThrows(() => memory.map(`${folder}/file`, host.uid! + 1), Error, "not a file of user");
      assertThrows(() => memory.map(`${folder}/link`, host.uid!), Error, "symbolic links");
      assertThrows(() => memory.map(folder, host.uid!), Error, "directory");
      assertThrows(() => memory.create(`${folder}/file`, 4096), Error, "File exists");
      assertThrows(() => memory.create(`${folder}/link`, 4096), Error, "File exists");
    }),
);

linuxOnly("a file is abandoned when the process that created it is gone", () =>
  withFolder((folder) => {
    memory.create(`${folder}/board`, 4096);
    Deno.writeTextFileSync(`${folder}/left`, "");
    assertEquals(memory.isAbandoned(`${folder}/board`), false);
    assertEquals(memory.isAbandoned(`${folder}/left`), true);
    assertEquals(memory.isAbandoned(`${folder}/nothing`), false);
  }));

import { withRightsOf } from "../../../src/system/processes/borrowed_rights.ts";
import { openLogSink } from "../../../src/system/files/log_sink.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

const nobody = { uid: 65534, gid: 65534 };
const isRoot = Deno.uid() === 0;
if (!isRoot) console.log("skipped: the rights of another account: only root may take them");

function inFolder(body: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-log-test-" });
  try {
    body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The rights of this thread. */
function rights(): string {
  return Deno.readTextFileSync("/proc/thread-self/status").match(/^(Uid|Gid|Groups|CapEff):.*$/gm)!.join(
    "\n",
  );
}

linuxOnly("the rights of the account end with the call, also if it fails", () => {
  if (!isRoot) return;
  const before = rights();
  let during = "";
  withRightsOf(nobody, () => {
    during = rights();
    return 0;
  });
  assertMatch(during, /Uid:\t0\t0\t0\t65534\nGid:\t0\t0\t0\t65534\nGroups:\t *\nCapEff:/);
  assertThrows(() =>
    withRightsOf(nobody, () => {
      throw new Error("failed");
    })
  );
  assertEquals(rights(), before);
});

linuxOnly(
  "an existing log is appended to, and a directory, a socket or a missing directory is an error",
  () => {
    inFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/a.log`, "one\n");
      const sink = openLogSink(`${folder}/a.log`, {});
      if (sink.is !== "file") throw new Error(sink.is);
      sink.write(new TextEncoder().encode("two\n"));
      sink.close();
      assertEquals(Deno.readTextFileSync(`${folder}/a.log`), "one\ntwo\n");
      using _listener = Deno.listen({ transport: "unix", path: `${folder}/socket` });
      for (
        const [path, why] of [["socket", /it is a socket/], ["missing/a.log", /No such file/], [
          "",
          /directory/,
        ]] as const
      ) {
        assertMatch(String(assertThrows(() => openLogSink(`${folder}/${path}`, {}))), why);
      }
    });
  },
);

linuxOnly("where all may write, a file with two names is not a log", () => {
  inFolder((folder) => {
    Deno.chmodSync(folder, 0o1777);
    Deno.writeTextFileSync(`${folder}/a`, "");
    Deno.linkSync(`${folder}/a`, `${folder}/b`);
    assertMatch(String(assertThrows(() => openLogSink(`${folder}/b`, {}))), /the file has another name, too/);
    Deno.chmodSync(folder, 0o755);
    openLogSink(`${folder}/b`, {});
  });
});

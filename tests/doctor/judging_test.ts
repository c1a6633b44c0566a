import type { Finding } from "../../src/doctor/check.ts";
import { judgeCores } from "../../src/doctor/checks/cores.ts";
import { judgeFileLimit, parseFileLimit } from "../../src/doctor/checks/file_limit.ts";
import { judgeProcessId } from "../../src/doctor/checks/first_process.ts";
import { judgeLinux, judgeOtherSystem } from "../../src/doctor/checks/kernel.ts";
import { judgeMemory } from "../../src/doctor/checks/memory.ts";
import { judgeMigration } from "../../src/doctor/checks/migration.ts";
import { judgePorts } from "../../src/doctor/checks/ports.ts";
import { judgeProcFiles } from "../../src/doctor/checks/proc_files.ts";
import { judgeQueue } from "../../src/doctor/checks/queue.ts";
import { judgeRuntimeDirectory } from "../../src/doctor/checks/runtime_directory.ts";
import { judgeSharedMemory } from "../../src/doctor/checks/shared_memory.ts";
import { assertEquals, assertMatch } from "../assert.ts";

function says({ verdict, finding }: Finding, expected: string, text: RegExp): void {
  assertEquals(verdict, expected, finding);
  assertMatch(finding, text);
}

Deno.test("kernel: steering for TCP needs Linux 4.6", () => {
  says(judgeLinux("6.1.0-9-amd64"), "ok", /Linux 6\.1\.0-9-amd64/);
  says(judgeLinux("4.6.0"), "ok", /can steer/);
  says(judgeLinux("4.5.7"), "problem", /Linux 4\.5\.7: .* cannot steer/);
  says(judgeLinux("3.10.0-1160.el7"), "problem", /cannot steer/);
  says(judgeLinux("mine"), "note", /"mine"/);
});

Deno.test("kernel: on other systems one worker is right, and more are a problem", () => {
  says(judgeOtherSystem("darwin", 1), "note", /^darwin: .* one worker is right/);
  says(judgeOtherSystem("darwin", 4), "problem", /4 workers/);
});

Deno.test("proc: the memory map may be missing, the other files may not", () => {
  says(judgeProcFiles([]), "ok", /can be read/);
  says(judgeProcFiles(["/proc/self/smaps_rollup"]), "note", /smaps_rollup cannot be read/);
  says(judgeProcFiles(["/proc/self/fd", "/proc/self/smaps_rollup"]), "problem", /\/proc\/self\/fd, /);
});

Deno.test("runtime-directory: no other user may enter or replace it", () => {
  const own = { mode: 0o40700, uid: 7 };
  says(judgeRuntimeDirectory("/tmp", { mode: 0o41777 }, own, 7), "ok", /^\/tmp: /);
  says(judgeRuntimeDirectory("/run/user/7", { mode: 0o40700 }, own, 7), "ok", /private/);
  says(judgeRuntimeDirectory("/open", { mode: 0o40777 }, own, 7), "problem", /^\/open: mode 0777/);
  says(judgeRuntimeDirectory("/tmp", { mode: 0o41777 }, { mode: 0o40755, uid: 7 }, 7), "problem", /0755/);
  says(judgeRuntimeDirectory("/tmp", { mode: 0o41777 }, own, 8), "problem", /user 7/);
});

Deno.test("migration: 0 is fine with steering, but connections that wait for a killed worker are lost", () => {
  says(judgeMigration("1", true), "ok", /is 1/);
  assertEquals(judgeMigration("1", false).leavesOpen, undefined);
  says(judgeMigration("0", true), "ok", /is 0: steering has the same effect/);
  assertEquals(judgeMigration("0", true).leavesOpen, true);
  says(judgeMigration("0", false), "note", /is 0, and steering is missing/);
  says(judgeMigration(null, false), "note", /this kernel lacks net/);
});

Deno.test("shared-memory: the finding names the replacement", () => {
  says(judgeSharedMemory(null, null), "ok", /no process can shrink/);
  says(judgeSharedMemory("no call", "/tmp"), "note", /^no call; a file without a name in \/tmp is used/);
  says(judgeSharedMemory("no space", null), "note", /as messages/);
});

Deno.test("file-limit: the line in /proc/self/limits", () => {
  const text =
    "Limit  Soft  Hard\nMax open files            1024                 unlimited            files \n";
  assertEquals(parseFileLimit(text), { soft: 1024, hard: Infinity });
  assertEquals(parseFileLimit("Max processes 1 2 processes"), null);
});

Deno.test("file-limit: enough for the master, for some connections, and for a full accept queue", () => {
  const judge = (soft: number, workers: number) =>
    judgeFileLimit({ soft, hard: soft }, { workers, backlog: 2048, addresses: 1 });
  says(judge(4096, 4), "ok", /^soft 4096, hard 4096: about 4064 connections/);
  says(judge(Infinity, 4), "ok", /unlimited/);
  says(judge(1024, 4), "note", /992 connections .* 2048 that may wait/);
  says(judge(128, 1), "problem", /about 96 connections/);
  // The master has a channel, a process and a listener for each worker.
  says(judge(1024, 512), "problem", /needs about 2080 for 512 workers/);
});

Deno.test("file-limit: the limit that the server raises it to counts", () => {
  const judge = (soft: number, hard: number) =>
    judgeFileLimit({ soft, hard }, { workers: 2, backlog: 2048, addresses: 1 });
  says(judge(128, 4096), "ok", /^soft 128, hard 4096, raised to 4096 at the start: about 4064 connections/);
  says(judge(1024, Infinity), "ok", /hard unlimited, raised to 1048576 .* about 1048544 connections/);
});

Deno.test("accept-queue: the kernel reduces the backlog", () => {
  says(judgeQueue(4096, 2048), "ok", /4096/);
  says(judgeQueue(128, 2048), "note", /is 128: the backlog of 2048 is reduced/);
});

Deno.test("ports: too few, or a port of bind among them", () => {
  const bind = [{ hostname: "0.0.0.0", port: 8000 }];
  const usual = { from: 32768, to: 60999 };
  says(judgePorts(usual, "", bind), "ok", /470 new connections a second/);
  says(judgePorts({ from: 50000, to: 51000 }, "", bind), "note", /16 new connections a second/);
  says(judgePorts({ from: 1024, to: 65535 }, "", bind), "note", /use port 8000 of bind/);
  for (const reserved of ["8000", "1-3,7000-9000", "8000,9000"]) {
    says(judgePorts({ from: 1024, to: 65535 }, reserved, bind), "ok", /1024 to 65535/);
  }
});

Deno.test("cores: a quota below one, and far more workers than cores", () => {
  const judge = (usable: number, quota: number | null, workers: number) =>
    judgeCores({ usable, present: 8, quota, workers });
  says(judge(8, null, 1), "ok", /^8 of 8 cores may be used: --workers auto starts 8, 1 is set$/);
  says(
    judge(2, 2.5, 4),
    "ok",
    /2 of 8 cores may be used, by quota 2\.50: --workers auto starts 2, 4 are set/,
  );
  says(judge(2, null, 5), "note", /5 are set/);
  says(judge(1, 0.5, 1), "note", /quota \(cgroup\) is 0\.50 of 8 cores/);
});

Deno.test("memory: for the master, the workers, and one more during a reload", () => {
  const mib = 1024 * 1024;
  const judge = (memory: number, workers: number, isLimit = true) =>
    judgeMemory({ memory, isLimit, workers });
  says(judge(8192 * mib, 2, false), "ok", /^8192 MiB \(whole machine\): 2048 MiB for each of 4 processes$/);
  says(judge(512 * mib, 2), "ok", /^512 MiB \(limit of the cgroup\): 128 MiB/);
  says(judge(512 * mib, 4), "note", /85 MiB for each of 6/);
  says(judge(128 * mib, 1), "problem", /42 MiB for each of 3/);
});

Deno.test("pid-1: an init is recommended", () => {
  says(judgeProcessId(41), "ok", /41/);
  says(judgeProcessId(1), "note", /orphans are reaped/);
});

import { processes } from "../../../src/system/processes/deno_processes.ts";
import { assertEquals } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

/** Ends only its first thread, by the system call `exit`. */
const halfDead = `
const number = Deno.build.arch === "x86_64" ? 60 : 93;
const { symbols } = Deno.dlopen("libc.so.6", { syscall: { parameters: ["i64", "i64"], result: "i64" } });
symbols.syscall(BigInt(number), 0n);
`;

linuxOnly("a process whose first thread has ended is alive until the last one has ended", async () => {
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", halfDead], stderr: "null" }).spawn();
  const isZombie = () => Deno.readTextFileSync(`/proc/${child.pid}/stat`).includes(") Z ");
  while (!isZombie()) await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(processes.isAlive(child.pid), true);
  child.kill("SIGKILL");
  await child.status;
  assertEquals(processes.isAlive(child.pid), false);
});

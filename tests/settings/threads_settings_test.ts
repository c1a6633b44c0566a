import { assertEquals } from "../assert.ts";
import { refusal, resolve } from "./resolving.ts";

const threads = ["--worker-class", "threads"];
const prefix = "setting-invalid: worker-class: threads (command line --worker-class) is not accepted ";

Deno.test("threads takes a number or auto, with its class only", () => {
  const { settings } = resolve({ args: [...threads, "--threads", "auto"], cores: 3 });
  assertEquals([settings.workerClass, settings.threads], ["threads", 3]);
  assertEquals(resolve({ args: threads }).settings.threads, undefined);
  assertEquals(
    refusal({ args: ["--threads", "2"] }),
    "setting-invalid: threads: 2 (command line --threads) is not accepted with worker-class = async (default), whose " +
      "workers are processes: give worker-class threads as well, or leave threads out",
  );
  for (const count of ["0", "65", "-1", "two"]) {
    assertEquals(
      refusal({ args: [...threads, `--threads=${count}`] }),
      `setting-invalid: threads: "${count}" (command line --threads) is not accepted: give a whole number from 1 to 64, or auto`,
    );
  }
});

Deno.test("what threads cannot do is refused with the reason", () => {
  assertEquals(
    refusal({ args: [...threads, "--spare-workers", "2"] }),
    `${prefix}with spare-workers = 2 (command line --spare-workers), because a spare is a process: leave spare-workers ` +
      "out, or use worker-class async",
  );
  assertEquals(
    refusal({ args: [...threads, "--threads", "64", "--max-workers", "17"] }),
    "setting-invalid: max-workers: 17 (command line --max-workers) is not accepted with threads = 64 (command line " +
      "--threads), because a server has at most 1024 workers: give at most 16",
  );
});

import type { Logger } from "../../src/log/logger.ts";
import type { Stream } from "../../src/system/system.ts";
import { CapturedOutput } from "../../src/worker/captured_output.ts";
import { assertEquals } from "../assert.ts";

type Print = (stream: Stream, text: string, level: number) => void;
type Write = (stream: Stream, bytes: Uint8Array<ArrayBuffer>) => void;

/** What an app prints with these functions becomes `lines`, each with its level. */
function captured() {
  const lines: string[] = [];
  const at = (level: string) => (_: unknown, text: string) => void lines.push(`${level} ${text}`);
  const levels = { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") };
  const logger = { with: () => levels } as unknown as Logger;
  let print: Print = () => {};
  let write: Write = () => {};
  new CapturedOutput(logger, false).start({
    printThrough: (set) => void (print = set),
    captureWrites: (set) => void (write = set),
  });
  const console = (level: number, text: string) => print(level < 2 ? "stdout" : "stderr", `${text}\n`, level);
  const raw = (stream: Stream, text: string) => write(stream, new TextEncoder().encode(`${text}\n`));
  return { lines, console, raw };
}

const json = (level: string) => `{"level":"${level}"}`;

Deno.test("a line of JSON has the level that it names", () => {
  const { lines, console, raw } = captured();
  console(1, json("debug"));
  console(1, json("error"));
  raw("stdout", json("debug"));
  raw("stderr", json("info"));
  assertEquals(lines, [
    `debug ${json("debug")}`,
    `error ${json("error")}`,
    `debug ${json("debug")}`,
    `info ${json("info")}`,
  ]);
});

Deno.test("but what the app prints as a warning or an error is not less: a client may have sent the JSON", () => {
  const { lines, console } = captured();
  console(2, json("debug"));
  console(3, json("debug"));
  console(2, json("fatal"));
  assertEquals(lines, [`warning ${json("debug")}`, `error ${json("debug")}`, `error ${json("fatal")}`]);
});

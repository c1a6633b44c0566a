/** What would make two builds of one commit differ: `deno compile` embeds the times of files and the links on their path. */

import { assert, assertEquals } from "../assert.ts";
import { notInThisProgram, testOnOneTarget } from "./harness.ts";

/** The list of embedded files is behind esbuild's executable and the runtime. */
const tailSize = 8 * 1024 ** 2;

testOnOneTarget("the binary has no trace of when and in which folder it was built", async (host) => {
  using file = await Deno.open(host.target.command[0]!);
  const { size } = await file.stat();
  await file.seek(size - tailSize, Deno.SeekMode.Start);
  const bytes = new Uint8Array(await new Response(file.readable).arrayBuffer());
  const text = new TextDecoder("latin1").decode(bytes);
  const times = Array.from(text.matchAll(/"File":\{"n":"[^"]+\.js",[^}]*"t":(\d+)\}/g), ([, time]) => time!);
  assert(times.length > 20, `${times.length} embedded files`);
  assertEquals([...new Set(times)], ["0"]);
  assertEquals(text.match(/"n":"tmp-[^"]*"/), null);
}, (target) => target.name === "source" ? notInThisProgram : null);

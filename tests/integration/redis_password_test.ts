/** The password of a Redis is printed by nothing that Denicorn runs, also where `DEBUG` has packages print what they do. */

import { lackingRedis, RedisServer } from "../tasks/bullmq/redis_server.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

const app = `
import { enqueue } from "denicorn";
export const tasks = { hello: () => console.log("a task ran where DEBUG is " + Deno.env.get("DEBUG")) };
export default async () => {
  await enqueue("hello", null);
  return new Response(Deno.env.get("DEBUG"));
};\n`;

const debug = { DEBUG: "*" };

testOnOneTarget("with DEBUG, what connects to a Redis does not print its password", async (host) => {
  await using redis = await RedisServer.start(["--requirepass", "right-one"]);
  const url = redis.url.replace("//", "//:right-one@");
  host.write({ "main.ts": app });
  const printed: string[] = [];
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await host.run(args, debug);
    assert(code === 0 || args[0] === "doctor", stderr);
    printed.push(stdout, stderr);
    return stdout;
  };
  const places = ["--task-store", url, "--channel-url", url];
  const found = await run("doctor", ...places, "main.ts");
  assertMatch(found, /^ok +channel-server +Redis at/m);
  assertMatch(found, /^(?:ok|problem|note) +task-store +Redis at/m);
  await run("check", ...places, "main.ts");
  const server = host.start({
    files: {},
    args: [...places, "--min-task-workers", "1", "-w", "1"],
    env: debug,
  });
  await server.ready(1);
  assertEquals(await server.text(), "*");
  await server.until("the task", () => /a task ran where DEBUG is \*/.test(server.stdout));
  const ctl = ["ctl", "--socket", host.controlSocket];
  assertMatch(await run(...ctl, "tasks"), /1 done/);
  await run(...ctl, "status");
  server.kill("SIGTERM");
  await server.exit();
  for (const text of [...printed, server.stderr, server.stdout]) assert(!/right-one/.test(text), text);
}, lackingRedis);

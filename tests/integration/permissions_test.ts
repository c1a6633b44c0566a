/** What `deno run` allows the server, it allows its workers, and no more. */

import { assertEquals, assertMatch } from "../assert.ts";
import { integrationTest, notInThisProgram, type TestHost } from "./harness.ts";

const app = `
const attempt = (action) => {
  try {
    return action();
  } catch (error) {
    return error.name;
  }
};
export default () =>
  Response.json([attempt(() => Deno.readTextFileSync("hidden.txt")), attempt(() => Deno.readTextFileSync("shown.txt"))]);
`;

/** The command of the server, with other permissions than all. */
function allowed({ target }: TestHost, ...permissions: readonly string[]): string[] {
  return target.command.flatMap((word) => word === "-A" ? permissions : [word]);
}

/** A binary has all permissions. */
const skipInBinary = ({ name }: { readonly name: string }) => name === "source" ? null : notInThisProgram;

integrationTest("workers get no more permissions than the server was given", async (host) => {
  const files = { "main.ts": app, "hidden.txt": "hidden", "shown.txt": "shown" };
  const server = host.start({
    files,
    command: allowed(host, "-A", `--deny-read=${host.folder}/hidden.txt`),
    args: ["--workers", "2"],
  });
  await server.ready(2);
  assertEquals(await (await server.fetch()).json(), ["NotCapable", "shown"]);
  server.kill("SIGHUP");
  await server.ready(2, 2);
  assertEquals(await (await server.fetch()).json(), ["NotCapable", "shown"]);
  server.kill("SIGTERM");
  assertEquals(await server.exit(), { code: 0, signal: null });
  // Without all permissions Deno reads nothing in /proc: steering finds its sockets in another way.
  assertEquals(/warning|steering is off/.test(server.stderr), false, server.stderr);
  assertEquals(server.leftovers(), []);
}, skipInBinary);

integrationTest("a permission that the server needs is named in one line", async (host) => {
  host.write({ "main.ts": app });
  const [command = "", ...args] = allowed(
    host,
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-env",
  );
  const { code, stderr } = await new Deno.Command(command, {
    args: [...args, "main.ts"],
    cwd: host.folder,
    env: { XDG_RUNTIME_DIR: host.runtime, NO_COLOR: "1" },
  }).output();
  assertMatch(
    new TextDecoder().decode(stderr),
    /^denicorn: a permission is missing: Requires \w+ access.*, run again with the --allow-\w+ flag\n$/,
  );
  assertEquals(code, 2);
}, skipInBinary);

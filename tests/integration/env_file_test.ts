import { assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

const app = `const names = ["A", "B", "C", "D", "E"];
export default () => Response.json(names.map((name) => Deno.env.get(name) ?? null));\n`;

testOnOneTarget(
  "the variables of env files, which others override, and a reload reads again",
  async (host) => {
    const files = {
      "main.ts": app,
      ".env": `A=1\n# comment\nexport B="two words" # comment\nC='file'\nD=file\n`,
      "more.env": 'A=later\nE="two\\nlines"\n',
    };
    const server = host.start({
      files,
      args: ["--env-file", ".env", "--env-file", "more.env", "--env", "D=flag"],
      env: { C: "process" },
    });
    await server.ready(1);
    const read = async () => await (await server.fetch("/")).json();
    assertEquals(await read(), ["later", "two words", "process", "flag", "two\nlines"]);
    host.write({ "more.env": "A=reloaded\n" });
    server.kill("SIGHUP");
    await server.ready(1, 2);
    assertEquals(await read(), ["reloaded", "two words", "process", "flag", null]);
  },
);

testOnOneTarget("an env file that is not there: exit code 2, with the place that names it", async (host) => {
  host.write({ "main.ts": app });
  const { code, stderr } = await host.run(["main.ts", "--env-file", "none.env"]);
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /env-file: "none\.env" \(command line --env-file\) does not exist: give the path of a file/,
  );
  const shown = await host.run(["settings", "--env-file", "main.ts"]);
  assertEquals(shown.code, 0);
  assertMatch(shown.stdout, /^env-file = main\.ts \(command line --env-file\)$/m);
});

import { optionsIn } from "../../../src/system/host/permissions.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("child processes get the permissions on the command line of deno run, and nothing else of it", () => {
  const words = [
    "deno",
    "run",
    "-A",
    "--deny-read=/etc,/root",
    "--quiet",
    "--config",
    "x.json",
    "/srv/main.ts",
  ];
  assertEquals(optionsIn(words), ["-A", "--deny-read=/etc,/root"]);
  const others = ["-R", "-W=/tmp", "--allow-net", "--allow-run=deno", "--deny-env=KEY", "--ignore-read=/x"];
  assertEquals(optionsIn(["deno", "run", ...others, "--cached-only", "main.ts", "--allow-all"]), others);
});

Deno.test("permissions from elsewhere than the command line cannot be found out", () => {
  for (
    const words of [[], ["deno", "run", "main.ts"], ["deno", "run", "-P=server", "main.ts"], [
      "deno",
      "main.ts",
    ]]
  ) {
    assertEquals(optionsIn(words), null);
  }
});

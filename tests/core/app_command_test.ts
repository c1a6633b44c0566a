import { appCommand } from "../../src/core/app_command.ts";
import { assertEquals } from "../assert.ts";

const commands = ["serve", "check", "ctl"];

Deno.test("an app means a script where plain Deno would run one", () => {
  const script = (path: string, ...args: string[]) => ({ type: "script", path, args }) as const;
  const meant = (...args: string[]) => appCommand(args, commands);
  assertEquals(meant("run", "-A", "--quiet", "x.ts", "-v"), script("x.ts", "-v"));
  assertEquals(meant("run", "-c", "deno.json", "--allow-env=A", "tool"), script("tool"));
  assertEquals(meant("/app/child.mjs", "a"), script("/app/child.mjs", "a"));
  assertEquals(meant("--inspect", "child.cjs"), script("child.cjs"));
});

Deno.test("an app means Denicorn by the name of a command", () => {
  for (const args of [["ctl", "status"], ["serve", "x.ts"], ["--version"], ["-h"]]) {
    assertEquals(appCommand(args, commands), { type: "denicorn" });
  }
});

Deno.test("an app means something else", () => {
  for (const args of [[], ["eval", "1"], ["run"], ["run", "-A"], ["-e", "1"], ["fmt", "x.ts"]]) {
    assertEquals(appCommand(args, commands), { type: "other" }, args.join(" "));
  }
});

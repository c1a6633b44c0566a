import { completionSteps, renderCompletions, type Shell, shells } from "../../src/cli/completions.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { commands } from "./commands.ts";

/** The output of `script` run by `shell`; it must print no error. */
function run(shell: Shell, script: string, ...options: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(shell, { args: [...options, "-c", script] })
    .outputSync();
  const complaint = new TextDecoder().decode(stderr);
  assert(success && complaint === "", `${shell}: ${complaint}`);
  return new TextDecoder().decode(stdout);
}

function isInstalled(shell: Shell): boolean {
  try {
    return new Deno.Command(shell, { args: ["-c", "exit"] }).outputSync().success;
  } catch {
    return false;
  }
}

const installed = new Map(shells.map((shell) => [shell, isInstalled(shell)]));
function testWith(shell: Shell, name: string, run: () => void): void {
  const isMissing = installed.get(shell) !== true;
  Deno.test({
    name: `${shell}: ${name}${isMissing ? ` (skipped: ${shell} is not installed)` : ""}`,
    ignore: isMissing,
    fn: run,
  });
}

for (const shell of shells) {
  testWith(shell, "the script is free of syntax errors", () => {
    assertEquals(run(shell, renderCompletions(shell, commands), "-n"), "");
  });

  Deno.test(`${shell}: the script knows every setting and every command`, () => {
    const script = renderCompletions(shell, commands);
    for (const { name, flag } of namedSettings) {
      // One name can be the beginning of another.
      const spelled = new RegExp(shell === "fish" ? `-l ${name} ` : `--${name}(?![\\w-])`);
      assertEquals(spelled.test(script), flag !== false, name);
    }
    for (const { name } of commands) assertStringIncludes(script, name);
  });
}

/** What bash completes after `words`; the last one is being typed. */
function offeredByBash(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `${renderCompletions("bash", commands)}
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _denicorn; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return run("bash", script, "--norc").split("\n").filter((line) => line !== "");
}

testWith("bash", "commands, flags, values and words are offered where they belong", () => {
  assertEquals(offeredByBash("denicorn", "c"), ["ctl"]);
  assertEquals(offeredByBash("denicorn", "--graceful"), ["--graceful-timeout"]);
  assertEquals(offeredByBash("denicorn", "serve", "--log-f"), ["--log-format"]);
  assertEquals(offeredByBash("denicorn", "--log-level", ""), ["debug", "info", "warning", "error"]);
  assertEquals(offeredByBash("denicorn", "--log-level", "=", "w"), ["warning"]);
  assertEquals(offeredByBash("denicorn", "--log-level", "="), ["debug", "info", "warning", "error"]);
  assertEquals(offeredByBash("denicorn", "-w", ""), ["auto"]);
  assertEquals(offeredByBash("denicorn", "--timeout", ""), []);
  assertEquals(offeredByBash("denicorn", "settings", "--format", ""), ["text", "json"]);
  assertEquals(offeredByBash("denicorn", "ctl", ""), ["status", "reload", "tasks"]);
  assertEquals(offeredByBash("denicorn", "ctl", "tasks", ""), ["list", "pause"]);
  assertEquals(offeredByBash("denicorn", "ctl", "tasks", "p"), ["pause"]);
  assertEquals(offeredByBash("denicorn", "ctl", "--w"), []);
  assertEquals(offeredByBash("denicorn", "ctl", "--j"), ["--json"]);
});

testWith("bash", "paths are offered for the app, with the spaces in their names", () => {
  const directory = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${directory}/my app.ts`, "");
    assertEquals(offeredByBash("denicorn", `${directory}/my`), [`${directory}/my app.ts`]);
    assertEquals(offeredByBash("denicorn", "--config", `${directory}/`), [`${directory}/my app.ts`]);
    assertEquals(offeredByBash("denicorn", "--chdir", `${directory}/`), []);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

function offeredByFish(line: string): string[] {
  const script = `${renderCompletions("fish", commands)}\ncomplete -C '${line}'`;
  return run("fish", script, "--no-config").split("\n").filter((offer) => offer !== "")
    .map((offer) => offer.split("\t")[0] ?? "");
}

testWith("fish", "flags, values and words are offered where they belong", () => {
  assertEquals(offeredByFish("denicorn --graceful"), ["--graceful-timeout"]);
  assertEquals(offeredByFish("denicorn settings --graceful"), ["--graceful-timeout"]);
  assertEquals(offeredByFish("denicorn --log-level "), ["debug", "error", "info", "warning"]);
  assertEquals(offeredByFish("denicorn settings --format "), ["json", "text"]);
  assertEquals(offeredByFish("denicorn ctl "), ["reload", "status", "tasks"]);
  assert(offeredByFish("denicorn ctl tasks p").includes("pause"));
  assertEquals(offeredByFish("denicorn ctl --work"), []);
});

/** Calls `use` with the home of a new account, which has nothing in it. */
function withHome(use: (home: string) => void): void {
  const home = Deno.makeTempDirSync({ prefix: "denicorn-test-" });
  try {
    use(home);
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
}

/** The step that installs the completions in `home`, after a `denicorn` that prints `script`. */
function installing(shell: Shell, home: string, script: string): string {
  Deno.writeTextFileSync(`${home}/script`, script);
  return `denicorn() { cat ${home}/script; }\n${completionSteps[shell].replaceAll("~", home)}`;
}

for (const shell of ["bash", "zsh"] as const) {
  testWith(shell, "what installs the completions makes a new shell complete", () => {
    withHome((home) => {
      const shows = shell === "bash" ? "complete -p denicorn" : "print ${_comps[denicorn]}";
      const program = `${
        installing(shell, home, renderCompletions(shell, commands))
      }\n. ${home}/.${shell}rc\n${shows}`;
      assertStringIncludes(run(shell, `ZDOTDIR=${home}\n${program}`), "_denicorn");
    });
  });
}

// bash runs the step, so that it is tried where fish is not installed, too.
Deno.test("fish: what installs the completions writes their file on a new account", () => {
  withHome((home) => {
    const script = renderCompletions("fish", commands);
    run("bash", installing("fish", home, script));
    assertEquals(Deno.readTextFileSync(`${home}/.config/fish/completions/denicorn.fish`), script);
  });
});

testWith("fish", "what installs the completions makes a new shell complete", () => {
  withHome((home) => {
    run("bash", installing("fish", home, renderCompletions("fish", commands)));
    // fish reads completions of commands that exist.
    Deno.mkdirSync(`${home}/bin`);
    Deno.writeTextFileSync(`${home}/bin/denicorn`, "#!/bin/sh\n", { mode: 0o755 });
    const { stdout } = new Deno.Command("fish", {
      args: ["-c", "complete -C 'denicorn --graceful'"],
      env: {
        PATH: `${home}/bin:${Deno.env.get("PATH")}`,
        HOME: home,
        XDG_CONFIG_HOME: `${home}/.config`,
        XDG_DATA_HOME: `${home}/data`,
      },
    }).outputSync();
    assertStringIncludes(new TextDecoder().decode(stdout), "--graceful-timeout");
  });
});

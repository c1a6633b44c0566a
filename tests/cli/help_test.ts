import { renderCommandHelp, renderHelp } from "../../src/cli/help.ts";
import { wrap } from "../../src/cli/layout.ts";
import { exitCodeMeanings } from "../../src/core/errors.ts";
import { namedSettings, sectionTitles } from "../../src/settings/settings.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { commands } from "./commands.ts";

/** Text without its line breaks and columns. */
function flat(text: string): string {
  return text.replace(/\s+/g, " ");
}

const help = renderHelp({ version: "1.2.3", commands, isWhole: true });

Deno.test("help names every command, setting and exit code", () => {
  assertStringIncludes(help, "denicorn 1.2.3");
  for (const { name, usage, summary } of commands) {
    assertStringIncludes(flat(help), `${name} ${usage} ${summary}`);
  }
  for (const { name, short, flag, placeholder, description, isSwitch } of namedSettings) {
    const term = flag === false
      ? placeholder
      : `${short === undefined ? "" : `-${short}, `}--${name}${isSwitch ? "" : ` ${placeholder}`}`;
    assertStringIncludes(flat(help), ` ${term} ${description}`);
  }
  for (const [code, meaning] of Object.entries(exitCodeMeanings)) {
    assertStringIncludes(flat(help), `${code} ${meaning}`);
  }
});

Deno.test("help groups the settings by section, in the order of the table", () => {
  const titles = help.split("\n").filter((line) => /^[A-Z].*:$/.test(line)).map((line) => line.slice(0, -1));
  assertEquals(titles, ["Commands", ...sectionTitles, "General", "Exit codes"]);
  const places = namedSettings.filter(({ flag }) => flag !== false).map(({ name }) =>
    help.indexOf(`--${name} `)
  );
  assertEquals(places, places.toSorted((a, b) => a - b));
});

Deno.test("help shows only defaults that mean something", () => {
  assertStringIncludes(flat(help), "[repeatable; default: 127.0.0.1:8000]");
  assertStringIncludes(flat(help), "[default: 30s]");
  assert(!help.includes("default: none"));
});

Deno.test("help fits the width, without trailing spaces", () => {
  for (const width of [50, 80, 120]) {
    const lines = [
      renderHelp({ version: "1.2.3", commands, width, isWhole: true }),
      renderHelp({ version: "1.2.3", commands, width }),
      ...commands.map((command) => renderCommandHelp(command, { width })),
    ].join("").split("\n");
    for (const line of lines) {
      // The title is one line.
      assert(line.length <= width || line.startsWith("denicorn 1.2.3"), `${width}: ${line}`);
      assertEquals(line, line.trimEnd());
    }
  }
  assert(help.split("\n").every((line) => line.length <= 80));
});

Deno.test("help never leaves a non-breaking space behind", () => {
  assert(!help.includes("\u00a0"));
});

Deno.test("help of a command shows what it accepts", () => {
  const [serve, settings, ctl] = commands.map((command) => renderCommandHelp(command, {}));
  assert(serve !== undefined && settings !== undefined && ctl !== undefined);
  assertMatch(serve, /^Usage: denicorn serve \[OPTIONS\] APP\n\nRun the app/);
  assertStringIncludes(serve, "--workers");
  assertStringIncludes(settings, "--format text|json");
  assertStringIncludes(ctl, "-j, --json");
  assertStringIncludes(flat(ctl), "reload Roll to new workers.");
  assert(!ctl.includes("--workers"));
  for (const page of [serve, settings, ctl]) assertStringIncludes(page, "-h, --help");
});

Deno.test("wrap breaks between words and keeps long ones whole", () => {
  assertEquals(wrap("a bb ccc", 4), ["a bb", "ccc"]);
  assertEquals(wrap("a bb ccc", 100), ["a bb ccc"]);
  assertEquals(wrap("loooong a b", 3), ["loooong", "a b"]);
  assertEquals(wrap("", 10), [""]);
});

Deno.test("the short help has the settings that most servers need, and says how to see the others", () => {
  const short = renderHelp({ version: "1.2.3", commands });
  for (const name of ["--workers", "--bind", "--watch", "--log-level"]) assertStringIncludes(short, name);
  for (const name of ["--drain-idle", "--memory-budget"]) assert(!short.includes(name), name);
  assertStringIncludes(flat(short), "`denicorn help --all` shows all of them.");
  assert(short.split("\n").length < 125, `${short.split("\n").length} lines`);
  const serve = commands.find(({ name }) => name === "serve")!;
  assertStringIncludes(flat(renderCommandHelp(serve, {})), "`denicorn help serve --all`");
  assertStringIncludes(renderCommandHelp(serve, { isWhole: true }), "--drain-idle");
});

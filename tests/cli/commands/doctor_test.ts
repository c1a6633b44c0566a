import { renderExaminationJson, renderExaminationText } from "../../../src/cli/commands/doctor.ts";
import { version } from "../../../src/core/version.ts";
import type { Examination } from "../../../src/doctor/examine.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";

const examination: Examination = {
  verdict: "problem",
  checks: [
    { name: "kernel", verdict: "ok", finding: "Linux 6.1", why: "Why a.", change: "Change a." },
    {
      name: "accept-queue",
      verdict: "note",
      finding: "it is 128",
      why: "Why b, at some length, so that the text has to be broken after eighty columns.",
      change: "Do something, and do it now and again, then `sysctl -w net.core.somaxconn=4096`.",
    },
    { name: "steering", verdict: "problem", finding: "refused", why: "Why c.", change: "Change c." },
  ],
  lossWindows: ["when it rains", "when it pours"],
};

Deno.test("text: one line per check, with reason and remedy if it found something", () => {
  assertEquals(
    renderExaminationText(examination, "deno 1.2.3", false),
    `denicorn ${version} (deno 1.2.3)

ok       kernel        Linux 6.1
note     accept-queue  it is 128
         why:    Why b, at some length, so that the text has to be broken after
                 eighty columns.
         change: Do something, and do it now and again, then
                 \`sysctl -w net.core.somaxconn=4096\`.
problem  steering      refused
         why:    Why c.
         change: Change c.

What may be lost on this host:
- when it rains
- when it pours

1 problem, 1 note
`,
  );
});

Deno.test("text: without colour there is nothing but text, with it the same text", () => {
  const [plain, coloured] = [false, true].map((colour) =>
    renderExaminationText(examination, "deno 1.2.3", colour)
  );
  assert(!plain!.includes("\x1b"));
  for (const [verdict, colour] of [["ok", 32], ["note", 33], ["problem", 31]]) {
    assertStringIncludes(coloured!, `\x1b[${colour}m${verdict}`);
  }
  assertEquals(coloured!.replace(/\x1b\[\d+m/g, ""), plain);
});

Deno.test("text: the sum is shown even if nothing was found", () => {
  const text = renderExaminationText({ verdict: "ok", checks: [], lossWindows: [] }, "deno 1.2.3", false);
  assertStringIncludes(text, "\nno problems, no notes\n");
});

Deno.test("json: the whole examination, and what made it", () => {
  assertEquals(
    JSON.parse(renderExaminationJson(examination, "deno 1.2.3")),
    { version, runtime: "deno 1.2.3", ...examination },
  );
});

/** The reference page of `denicorn doctor`, made from its checks. */

import { alwaysOpen, type Check } from "../../doctor/check.ts";
import { checks } from "../../doctor/checks.ts";
import { listItem, paragraph } from "../layout.ts";

/** `docs/doctor.md`. */
export function renderDoctorReference(): string {
  return [
    "# The doctor",
    ...introduction.map(paragraph),
    jsonShape,
    "## What may be lost",
    paragraph(
      "A loss window is listed while its check finds something. This one is open on every host:",
    ),
    listItem(capital(alwaysOpen)),
    "## Checks",
    ...checks.flatMap(entry),
  ].join("\n\n") + "\n";
}

const introduction = [
  "`denicorn doctor` checks what a host supports and when requests could be lost on it (loss windows). Run it where " +
  "the server will run (the same container, user and limits), with the same options and config file: it checks " +
  "whether the limits are enough for the configured workers and backlog.",
  "Each check ends in `ok`, `note` (the server works, but requests are lost after a crash, or a limit is near) or " +
  "`problem` (the server cannot work with these settings, or loses requests in normal operation). The exit code is 1 " +
  "if there is a problem, else 0; errors in the settings are exit code 2, as everywhere. On systems other than Linux " +
  "most checks do not apply and are left out.",
  "`denicorn doctor --json` prints one object:",
];

const jsonShape = `\`\`\`ts
interface Examination {
  version: string;
  runtime: string;
  verdict: "ok" | "note" | "problem"; // the worst of all checks
  checks: {
    name: string;
    verdict: "ok" | "note" | "problem";
    finding: string; // one line, with the value found
    why: string;
    change: string;
  }[];
  lossWindows: string[];
}
\`\`\``;

function entry({ name, why, change, lossWindow, linuxOnly }: Check): string[] {
  return [
    `### ${name}`,
    paragraph(linuxOnly ? why : `On every system. ${why}`),
    [
      listItem(`To change it: ${change}`),
      ...(lossWindow === undefined ? [] : [listItem(`Loss window: ${lossWindow}.`)]),
    ].join("\n"),
  ];
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What `denicorn doctor` has found: for people, and for machines. */

import { version } from "../../core/version.ts";
import type { Verdict } from "../../doctor/check.ts";
import type { CheckResult, Examination } from "../../doctor/examine.ts";
import { wrapAroundCode } from "../layout.ts";

const colours: Readonly<Record<Verdict, string>> = {
  ok: "\x1b[32m",
  note: "\x1b[33m",
  problem: "\x1b[31m",
};
const plain = "\x1b[0m";

const width = 80;
const verdictWidth = "problem".length;

/** A line for each check; reason and remedy below those that found something. */
export function renderExaminationText(
  { verdict, checks, lossWindows }: Examination,
  runtime: string,
  colour: boolean,
): string {
  const nameWidth = Math.max(0, ...checks.map(({ name }) => name.length));
  const count = (which: Verdict) => checks.filter(({ verdict }) => verdict === which).length;
  const paint = (verdict: Verdict, text: string) => colour ? colours[verdict] + text + plain : text;
  const line = ({ verdict, name, finding }: CheckResult) =>
    `${paint(verdict, verdict.padEnd(verdictWidth))}  ${name.padEnd(nameWidth)}  ${finding}`;
  const sum = `${counted(count("problem"), "problem")}, ${counted(count("note"), "note")}`;
  return [
    `denicorn ${version} (${runtime})`,
    "",
    ...checks.flatMap((check) => [line(check), ...(check.verdict === "ok" ? [] : advice(check))]),
    "",
    "What may be lost on this host:",
    ...lossWindows.flatMap((text) => hang("- ", text)),
    "",
    paint(verdict, sum),
  ].join("\n") + "\n";
}

/** The shape is told in docs/doctor.md. */
export function renderExaminationJson(examination: Examination, runtime: string): string {
  return JSON.stringify({ version, runtime, ...examination }, null, 2) + "\n";
}

function advice({ why, change }: CheckResult): string[] {
  const indent = " ".repeat(verdictWidth + 2);
  return [...hang(`${indent}why:    `, why), ...hang(`${indent}change: `, change)];
}

/** The lines after the first begin below the text. */
function hang(head: string, text: string): string[] {
  return wrapAroundCode(text, width - head.length).map((line, index) =>
    (index === 0 ? head : " ".repeat(head.length)) + line
  );
}

function counted(count: number, what: string): string {
  return `${count === 0 ? "no" : count} ${what}${count === 1 ? "" : "s"}`;
}

import { printable, printableJson } from "../../core/printable.ts";
import { DenicornError, ExitCode } from "../../core/errors.ts";
import { usesColour } from "../../core/terminal_features.ts";
import { version } from "../../core/version.ts";
import type { Verdict } from "../../doctor/check.ts";
import type { CheckResult, Examination } from "../../doctor/examine.ts";
import { makeRuntimeDirectory, runtimeParents } from "../../master/files/runtime_directory.ts";
import type { CommandLine } from "../../settings/command_line.ts";
import { resolveSettings } from "../../settings/resolve.ts";
import type { Resolved } from "../../settings/values.ts";
import { workerRange } from "../../settings/worker_range.ts";
import type { System } from "../../system/system.ts";
import type { RunnableCommand } from "../command.ts";
import { wrapAroundCode } from "../layout.ts";
import { createSettingsReader } from "../read_settings.ts";

export const doctor: RunnableCommand = {
  name: "doctor",
  usage: "[--json] [OPTIONS] [APP]",
  summary: "Check what this host supports and when requests could be lost on it; exits 1 on a problem.",
  takesSettings: true,
  options: [{ name: "json", description: "Answer in JSON." }],
  async run(system, line) {
    // Loaded only here: every file that is loaded makes the start of the server slower.
    const { checks } = await import("../../doctor/checks.ts");
    const { examine } = await import("../../doctor/examine.ts");
    const { host } = system;
    const { settings, directory } = await readSettings(system, line);
    // The host must support the maximum number of workers.
    const workers = workerRange(settings, host.cores()).max;
    const subject = {
      system,
      settings: { ...settings, workers },
      directory,
      runtimeParents: runtimeParents(system),
    };
    const examination = await examine(checks, subject);
    const colour = usesColour(host.isTerminal("stdout"), host.env);
    host.write(
      "stdout",
      line.options.has("json")
        ? renderExaminationJson(examination, host.runtime)
        : renderExaminationText(examination, host.runtime, colour),
    );
    return examination.verdict === "problem" ? ExitCode.internal : ExitCode.normal;
  },
};

/** Without a runtime directory or /proc no config file can be read. The report then says so, and checks the rest as well. */
async function readSettings(
  system: System,
  line: CommandLine,
): Promise<Pick<Resolved, "settings"> & { readonly directory: string }> {
  try {
    using directory = makeRuntimeDirectory(system);
    const { settings, place } = await createSettingsReader(system, line, () => directory.path)();
    return { settings, directory: place.real instanceof Error ? place.given : place.real };
  } catch (error) {
    if (!(error instanceof DenicornError && ["runtime-directory", "host"].includes(error.code))) throw error;
    const { settings } = resolveSettings({ commandLine: line, environment: {}, cores: system.host.cores() });
    return { settings, directory: system.host.cwd() };
  }
}

const colours: Readonly<Record<Verdict, string>> = {
  ok: "\x1b[32m",
  note: "\x1b[33m",
  problem: "\x1b[31m",
};
const plain = "\x1b[0m";

const width = 80;
const verdictWidth = "problem".length;

/** One line per check, with reason and remedy below if it found something. */
export function renderExaminationText(
  { verdict, checks, lossWindows }: Examination,
  runtime: string,
  colour: boolean,
): string {
  const nameWidth = Math.max(0, ...checks.map(({ name }) => name.length));
  const count = (which: Verdict) => checks.filter(({ verdict }) => verdict === which).length;
  const paint = (verdict: Verdict, text: string) => colour ? colours[verdict] + text + plain : text;
  const line = ({ verdict, name, finding }: CheckResult) =>
    `${paint(verdict, verdict.padEnd(verdictWidth))}  ${name.padEnd(nameWidth)}  ${printable(finding)}`;
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

/** The shape is documented in docs/doctor.md. */
export function renderExaminationJson(examination: Examination, runtime: string): string {
  return printableJson(JSON.stringify({ version, runtime, ...examination }, null, 2)) + "\n";
}

function advice({ why, change }: CheckResult): string[] {
  const indent = " ".repeat(verdictWidth + 2);
  return [...hang(`${indent}why:    `, why), ...hang(`${indent}change: `, change)];
}

/** Lines after the first are indented to the text. */
function hang(head: string, text: string): string[] {
  return wrapAroundCode(text, width - head.length).map((line, index) =>
    (index === 0 ? head : " ".repeat(head.length)) + line
  );
}

function counted(count: number, what: string): string {
  return `${count === 0 ? "no" : count} ${what}${count === 1 ? "" : "s"}`;
}

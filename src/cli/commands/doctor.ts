import { DenicornError, ExitCode } from "../../core/errors.ts";
import { makeRuntimeDirectory, runtimeParents } from "../../master/files/runtime_directory.ts";
import type { CommandLine } from "../../settings/command_line.ts";
import { type Resolved, resolveSettings } from "../../settings/resolve.ts";
import { workerRange } from "../../settings/worker_range.ts";
import type { System } from "../../system/system.ts";
import type { RunnableCommand } from "../command.ts";
import { renderExaminationJson, renderExaminationText } from "./doctor_report.ts";
import { createSettingsReader } from "../read_settings.ts";

export const doctor: RunnableCommand = {
  name: "doctor",
  usage: "[--json] [OPTIONS] [APP]",
  summary: "Check what this host supports and what may be lost on it; exits 1 if there is a problem.",
  takesSettings: true,
  options: [{ name: "json", description: "Answer in JSON." }],
  async run(system, line) {
    // No other command needs them; each file that is loaded makes every start later.
    const { checks } = await import("../../doctor/checks.ts");
    const { examine } = await import("../../doctor/examine.ts");
    const { host } = system;
    const { settings } = await readSettings(system, line);
    // What is to be expected of the host is the most workers there may be.
    const workers = workerRange(settings, host.cores()).max;
    const subject = { system, settings: { ...settings, workers }, runtimeParents: runtimeParents(system) };
    const examination = await examine(checks, subject);
    // https://no-color.org: present and not empty means no colour.
    const colour = host.isTerminal("stdout") && !host.env("NO_COLOR");
    host.write(
      "stdout",
      line.options.has("json")
        ? renderExaminationJson(examination, host.runtime)
        : renderExaminationText(examination, host.runtime, colour),
    );
    return examination.verdict === "problem" ? ExitCode.internal : ExitCode.normal;
  },
};

/** Without a runtime directory no config file can be read: the report shall say so, and what else is wrong. */
async function readSettings(system: System, line: CommandLine): Promise<Resolved> {
  try {
    using directory = await makeRuntimeDirectory(system);
    return await createSettingsReader(system, line, directory.path)();
  } catch (error) {
    if (!(error instanceof DenicornError && error.code === "runtime-directory")) throw error;
    return resolveSettings({ commandLine: line, environment: {}, cores: system.host.cores() });
  }
}

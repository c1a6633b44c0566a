import { DenicornError } from "../../core/errors.ts";
import { keysIn } from "../../core/terminal_keys.ts";
import { attempt } from "../../core/thrown.ts";
import { libc } from "../libc.ts";
import { presentAs } from "./app_identity.ts";
import { cronUnit, takeCron } from "./cron_jobs.ts";
import { captureWrites } from "./captured_writes.ts";
import { printThrough } from "./console_output.ts";
import { giveUp } from "./given_up_permissions.ts";
import { ownUid } from "./own_uid.ts";
import { permissionOptions } from "./permissions.ts";
import { statThroughProc } from "../files/stat_through_proc.ts";
import { awaitReader, type Outlet, outletOf, writeNow } from "../files/stream_writes.ts";
import { keepProgramIn, programPath } from "../processes/own_program.ts";
import type { Host, Stream } from "../system.ts";
import { offerStorage } from "./app_storage.ts";
import { offerFeatures } from "./unstable_features.ts";
import { copyOfErrors, writeErrorsTo, writeToStarter } from "./starter_errors.ts";
import { ignoresHangup, terminalPlace } from "./terminal.ts";

const encoder = new TextEncoder();

export const host: Host = {
  os: Deno.build.os,
  pid: Deno.pid,
  get uid() {
    return ownUid();
  },
  args: Deno.args,
  get execPath() {
    requireProc();
    return Deno.execPath();
  },
  program(heapLimit) {
    requireProc();
    return programPath(heapLimit);
  },
  keepProgramIn,
  standalone: Deno.build.standalone,
  get permissions() {
    return permissionOptions();
  },
  runtime: `deno ${Deno.version.deno}`,
  // The runtime uses Rust's available_parallelism, which respects CPU affinity and cgroup quotas.
  memory() {
    const { heapUsed, heapTotal, external, rss } = Deno.memoryUsage();
    return { heapUsed, heapTotal, external, resident: rss };
  },
  cores: () => Math.max(1, navigator.hardwareConcurrency),
  env: (name) => Deno.env.get(name),
  environment: () => Deno.env.toObject(),
  setEnv(name, value) {
    if (value === undefined) Deno.env.delete(name);
    else Deno.env.set(name, value);
  },
  cwd: () => Deno.cwd(),
  chdir: (path) => Deno.chdir(path),
  setUmask(mask) {
    Deno.umask(mask);
  },
  terminalPlace() {
    try {
      return terminalPlace();
    } catch {
      // Not Linux.
      return "none";
    }
  },
  ignoresHangup,
  isTerminal: (stream) => file(stream).isTerminal(),
  hostName: () => attempt(() => Deno.hostname(), ""),
  isJournal(stream) {
    const journal = Deno.env.get("JOURNAL_STREAM");
    if (journal === undefined || Deno.build.os !== "linux") return false;
    return attempt(() => {
      const { dev, ino } = statThroughProc(`/proc/self/fd/${descriptors[stream]}`);
      return journal === `${dev}:${ino}`;
    }, false);
  },
  terminalSize() {
    try {
      const { columns, rows } = Deno.consoleSize();
      if (columns > 0 && rows > 0) return { columns, rows };
    } catch {
      // stdout is not a terminal.
    }
    return { columns: 80, rows: 24 };
  },
  keys(pressed) {
    if (!Deno.stdin.isTerminal()) return () => {};
    Deno.stdin.setRaw(true);
    let isOver = false;
    void (async () => {
      for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
        if (isOver) return;
        keysIn(text).forEach(pressed);
      }
    })().catch(() => {});
    return () => {
      isOver = true;
      Deno.stdin.setRaw(false);
    };
  },
  copyOfErrors,
  writeErrorsTo,
  write(stream, text) {
    if (stream === "stderr" && writeToStarter(text)) return true;
    try {
      writeAll(file(stream), encoder.encode(text));
      return true;
    } catch (error) {
      // A server does not stop serving because its log has no reader any more (a closed pipe).
      return !(error instanceof Deno.errors.BrokenPipe);
    }
  },
  writeNow(stream, bytes) {
    const outlet = outletTo(stream);
    if (outlet !== null) return writeNow(outlet, bytes);
    writeAll(file(stream), bytes);
    return bytes.length;
  },
  awaitReader(stream, ms) {
    const outlet = outletTo(stream);
    return outlet === null || awaitReader(outlet, ms);
  },
  printThrough,
  captureWrites,
  presentAs,
  giveUp,
  offerStorage,
  offerFeatures,
  takeCron,
  cronUnit,
  random: () => Math.random(),
  secret: () => crypto.randomUUID(),
};

/** Without it the runtime ends the process with the report of a fault of its own. */
function requireProc(): void {
  if (Deno.build.os !== "linux") return;
  try {
    Deno.lstatSync("/proc/self/exe");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return;
    throw new DenicornError(
      "host",
      "cannot find the own executable: /proc is not mounted: mount it (`mount -t proc proc /proc`)",
    );
  }
}

const descriptors = { stdout: 1, stderr: 2 } as const;
const outlets = new Map<Stream, Outlet | null>();

/** `null` if only the runtime can write to the stream. */
function outletTo(stream: Stream): Outlet | null {
  const known = outlets.get(stream);
  if (known !== undefined) return known;
  let outlet: Outlet | null = null;
  try {
    if (libc()) outlet = outletOf(descriptors[stream], file(stream).isTerminal());
  } catch {
    // There is no /proc, or it is not the C library of Linux.
  }
  outlets.set(stream, outlet);
  return outlet;
}

/** As the runtime has them: what an app calls may be captured. */
const files = { stdout: runtimes(Deno.stdout), stderr: runtimes(Deno.stderr) } as const;

function runtimes(stream: typeof Deno.stdout): Pick<typeof Deno.stdout, "writeSync" | "isTerminal"> {
  return { writeSync: stream.writeSync.bind(stream), isTerminal: stream.isTerminal.bind(stream) };
}

function file(stream: Stream): typeof files[Stream] {
  return files[stream];
}

/** A single write to a pipe may be incomplete. */
function writeAll(writer: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writer.writeSync(bytes.subarray(written));
}

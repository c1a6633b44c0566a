/**
 * The file of the running program, from which its children are started. It may be replaced or removed meanwhile; its
 * content stays readable in /proc. But a compiled program opens its own file by its name, which then is gone, so the
 * program is copied once: 109 MB, in 110 to 150 ms.
 */

import { reasonOf } from "../../core/reason.ts";
import { canExecute } from "../libc.ts";

const running = "/proc/self/exe";

const prefix = "denicorn-program-";

interface Copy {
  readonly path: string;
  readonly identity: string;
}

/** The name of its file at the start: later the system adds " (deleted)" to it. */
let started: string | null = null;
let home: string | null = null;
let copy: Copy | null = null;

/** The directory for a copy, which the caller removes. If it cannot hold one, or none is given, others are tried. */
export function keepProgramIn(directory: string): void {
  home = directory;
  nameAtStart();
}

function nameAtStart(): string {
  return started ??= Deno.execPath();
}

/**
 * A path from which the program that runs now can be started, and not a newer one that has taken its place. Throws if
 * there is no place for a copy.
 */
export function programPath(): string {
  const own = identityOf(running);
  const name = nameAtStart();
  if (own === null || own === identityOf(name)) return name;
  if (copy === null || identityOf(copy.path) !== copy.identity) copy = makeCopy(name);
  return copy.path;
}

/** `null` if there is no such file. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return null;
  }
}

function makeCopy(name: string): Copy {
  const failures: string[] = [];
  for (const parent of new Set([home ?? "", Deno.env.get("TMPDIR") ?? "", "/tmp", "/var/tmp", "/dev/shm"])) {
    if (!parent.startsWith("/")) continue;
    try {
      removeAbandoned(parent);
      return copyIn(parent, name);
    } catch (error) {
      failures.push(`${parent} (${reasonOf(error)})`);
    }
  }
  throw new Error(
    `${name} was replaced, and there is no place for a copy of the program that runs: tried ${
      failures.join(", ")
    }`,
  );
}

function copyIn(parent: string, name: string): Copy {
  const directory = Deno.makeTempDirSync({ dir: parent, prefix: `${prefix}${Deno.pid}-` });
  const remove = () => {
    try {
      Deno.removeSync(directory, { recursive: true });
    } catch {
      // At the exit the directory around it may have been removed before.
    }
  };
  try {
    // Workers of another user may start it, too.
    Deno.chmodSync(directory, 0o711);
    const path = `${directory}/${name.slice(name.lastIndexOf("/") + 1)}`;
    Deno.copyFileSync(running, path);
    Deno.chmodSync(path, 0o755);
    if (!canExecute(path)) throw new Error("mounted noexec");
    globalThis.addEventListener("unload", remove);
    return { path, identity: identityOf(path) ?? "" };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Copies of processes that were killed. */
function removeAbandoned(parent: string): void {
  for (const { name } of Deno.readDirSync(parent)) {
    const [, pid] = /^denicorn-program-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || identityOf(`/proc/${pid}`) !== null) continue;
    try {
      const path = `${parent}/${name}`;
      if (Deno.lstatSync(path).uid === Deno.uid()) Deno.removeSync(path, { recursive: true });
    } catch {
      // Another process was faster.
    }
  }
}

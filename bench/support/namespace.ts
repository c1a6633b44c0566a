/**
 * A network namespace for each run: nothing else uses its ports, and its settings can be changed. There are ports for
 * 64,000 connections, ports of closed connections are reused after a second, and the kernel does not move connections
 * of a closing listener to another one, which would hide losses.
 */

import { denoRun } from "./program.ts";

const settings: Readonly<Record<string, string>> = {
  ip_local_port_range: "1024 65000",
  tcp_tw_reuse: "1",
  tcp_migrate_req: "0",
};

/**
 * Runs `program`, which prints its result as JSON, with `values` as JSON in its arguments: in a process of its own, and
 * in a network namespace of its own unless `whyShared` tells why not. Throws with its stderr if there is no result.
 */
export async function runApart<T>(program: URL, ...values: readonly unknown[]): Promise<T> {
  const plain = [...denoRun, "--no-check", program.pathname, ...values.map((value) => JSON.stringify(value))];
  const [command, ...args] = await whyShared() === undefined ? isolated(plain) : plain;
  const { stdout, stderr } = await new Deno.Command(command!, { args, stdin: "null" }).output();
  const text = new TextDecoder();
  try {
    return JSON.parse(text.decode(stdout));
  } catch {
    throw new Error(`the run printed no result: ${text.decode(stderr).trim()}`);
  }
}

/**
 * Runs `program` again in its own network namespace, with `changes` to the settings, and exits as it does. Returns if
 * this process is in one already, or if there can be none.
 */
export async function enterNamespace(program: URL, changes: typeof settings): Promise<void> {
  if (Deno.env.get("ISOLATED") !== undefined || await whyShared() !== undefined) return;
  const [command, ...args] = isolated([...denoRun, program.pathname, ...Deno.args], changes);
  const { code } = await new Deno.Command(command!, { args, env: { ISOLATED: "1" } }).spawn().status;
  Deno.exit(code);
}

/** One line about the network of each `run`. */
export async function describeNetwork(run: string): Promise<string> {
  const shared = await whyShared();
  return shared === undefined
    ? `network: a namespace for each ${run}`
    : `network: plain loopback without a namespace (${shared}); other traffic may disturb the results`;
}

let shared: Promise<string | undefined> | undefined;

/** Why runs have to share the network of the machine; `undefined` if each can have its own. */
export function whyShared(): Promise<string | undefined> {
  return shared ??= findObstacle();
}

async function findObstacle(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "not root";
  const [command, ...args] = isolated(["true"]);
  try {
    const { success, stderr } = await new Deno.Command(command!, { args }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim() || "unshare failed";
  } catch (error) {
    return String(error);
  }
}

/** The command that runs `command` in its own network namespace, with `changes` to its settings. It needs root. */
export function isolated(command: readonly string[], changes: typeof settings = {}): readonly string[] {
  const enter = [
    "ip link set lo up || exit 1",
    // Kernels before 5.14 have no tcp_migrate_req and never move connections.
    ...Object.entries({ ...settings, ...changes }).map(([name, value]) =>
      `[ ! -e /proc/sys/net/ipv4/${name} ] || echo '${value}' > /proc/sys/net/ipv4/${name} || exit 1`
    ),
    'exec "$@"',
  ].join("\n");
  return ["unshare", "--net", "sh", "-c", enter, "sh", ...command];
}

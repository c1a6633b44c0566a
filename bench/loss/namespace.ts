/**
 * A network namespace for each cell: nothing else uses its ports, and its settings can be changed. There are ports for
 * 64,000 connections, ports of closed connections are reused after a second, and the kernel does not move connections
 * of a closing listener to another one, which would hide losses.
 */

const settings: Readonly<Record<string, string>> = {
  ip_local_port_range: "1024 65000",
  tcp_tw_reuse: "1",
  tcp_migrate_req: "0",
};

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

/** Why cells have to share the network of the machine; `undefined` if each can have its own. */
export async function whyShared(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "not root";
  const [program, ...args] = isolated(["true"]) as [string, ...string[]];
  try {
    const { success, stderr } = await new Deno.Command(program, { args }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim() || "unshare failed";
  } catch (error) {
    return String(error);
  }
}

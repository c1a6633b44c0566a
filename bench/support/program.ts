/** Starts the servers to be measured and reports results, as ratios to a yardstick of the same run. */

export { freePort } from "./free_port.ts";

export const root = new URL("../../", import.meta.url).pathname;
const config = ["--quiet", "--config", `${root}deno.json`];

export const fromSource: readonly string[] = [Deno.execPath(), "run", "-A", ...config, `${root}main.ts`];
export const binary: readonly string[] = [Deno.env.get("BINARY_UNDER_TEST") ?? `${root}dist/denicorn`];
export const denoRun: readonly string[] = [Deno.execPath(), "run", "-A", ...config];

/** Starts a server, waits for its first response on `port`, and returns how many milliseconds it took. */
export async function start(command: readonly string[], port: number, env: Record<string, string> = {}) {
  const began = performance.now();
  const [program, ...args] = command as [string, ...string[]];
  const process = new Deno.Command(program, { args, env, stdin: "null", stdout: "null", stderr: "null" })
    .spawn();
  let ended = false;
  void process.status.then(() => ended = true);
  while (!await answers(port)) {
    if (ended) throw new Error(`${command.join(" ")} ended before its first response`);
    // More frequent attempts would take CPU time from the server.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const took = performance.now() - began;
  const stop = async () => {
    if (!ended) process.kill("SIGTERM");
    await process.status;
  };
  return { took, stop };
}

async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(
      new TextEncoder().encode("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
    );
    return (await connection.read(new Uint8Array(64)) ?? 0) > 0;
  } catch {
    return false;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Prints one line for people and one for machines. */
export function report(bench: string, name: string, value: number, unit: string, yardstick: number): void {
  const ratio = value / yardstick;
  console.log(`${name.padEnd(44)} ${value.toFixed(0).padStart(8)} ${unit.padEnd(6)} ${ratio.toFixed(2)}×`);
  console.log(
    JSON.stringify({ bench, name, value: Math.round(value), unit, ratio: Math.round(ratio * 100) / 100 }),
  );
}

/** In place of `report`, for what could not be measured. */
export function reportFailure(bench: string, name: string, failure: string): void {
  console.log(`${name.padEnd(44)} failed: ${failure}`);
  console.log(JSON.stringify({ bench, name, failure }));
}

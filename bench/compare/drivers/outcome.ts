/** What every driver measures. */
export interface Outcome {
  /** All requests, including failed ones. */
  readonly requests: number;
  readonly seconds: number;
  readonly failed: number;
  /** Milliseconds; absent if the driver cannot tell. */
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
  readonly p999?: number;
}

/** Runs a driver to its end and returns what it printed. */
export async function outputOf([program, ...args]: readonly string[], env: Record<string, string> = {}) {
  const command = new Deno.Command(program!, { args, env, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} failed: ${text.decode(stderr).trim()}`);
  return text.decode(stdout);
}

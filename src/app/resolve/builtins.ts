/** Node's built-in modules by the bare names that npm packages use. Written out, since asking the runtime loads
 * `node:module`, which takes 40 ms from source. */
const roots =
  "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel " +
  "dns domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring " +
  "readline repl stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib";
const subpaths =
  "assert/strict dns/promises fs/promises inspector/promises path/posix path/win32 readline/promises " +
  "stream/consumers stream/promises stream/web timers/promises util/types";

const builtins: ReadonlySet<string> = new Set(`${roots} ${subpaths}`.split(" "));

/** Whether a bare specifier means a module of the runtime, not a package of that name. */
export function isBuiltin(specifier: string): boolean {
  return builtins.has(specifier);
}

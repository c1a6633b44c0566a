import type { Host, Stream } from "./system.ts";

const encoder = new TextEncoder();

export const host: Host = {
  os: Deno.build.os,
  pid: Deno.pid,
  get uid() {
    return Deno.uid();
  },
  args: Deno.args,
  get execPath() {
    return Deno.execPath();
  },
  standalone: Deno.build.standalone,
  runtime: `deno ${Deno.version.deno}`,
  // The runtime asks Rust's available_parallelism, which counts CPU affinity and cgroup quotas.
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
  isTerminal: (stream) => file(stream).isTerminal(),
  terminalSize() {
    try {
      const { columns, rows } = Deno.consoleSize();
      if (columns > 0 && rows > 0) return { columns, rows };
    } catch {
      // No terminal.
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
        Array.from(text).forEach(pressed);
      }
    })().catch(() => {});
    return () => {
      isOver = true;
      Deno.stdin.setRaw(false);
    };
  },
  write(stream, text) {
    try {
      writeAll(file(stream), encoder.encode(text));
    } catch {
      // Nobody reads any more (a closed pipe): a server does not stop serving for that.
    }
  },
  random: () => Math.random(),
  secret: () => crypto.randomUUID(),
};

function file(stream: Stream): typeof Deno.stdout {
  return stream === "stdout" ? Deno.stdout : Deno.stderr;
}

/** A pipe may take less than all of a write. */
export function writeAll(writer: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writer.writeSync(bytes.subarray(written));
}

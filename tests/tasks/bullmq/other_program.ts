/** Programs for Node.js that share a queue. */

const root = new URL("../../../", import.meta.url).pathname;

/** Node finds the packages only where `make` has installed them; Deno stands in for it elsewhere. */
const node = commandOfNode();

function commandOfNode(): readonly [string, ...string[]] {
  try {
    Deno.statSync(`${root}node_modules/bullmq`);
    if (new Deno.Command("node", { args: ["--version"], stdout: "null" }).outputSync().success) {
      return ["node"];
    }
  } catch {
    // One of the two is not there.
  }
  return [Deno.execPath(), "run", "-A", "--no-check"];
}

export function otherProgram(program: URL, ...args: string[]): Deno.ChildProcess {
  const [command, ...options] = node;
  return new Deno.Command(command, {
    args: [...options, program.pathname, ...args],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

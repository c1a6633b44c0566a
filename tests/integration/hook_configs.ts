/** Config files with hooks, for tests, and what those have done. */

import type { Server } from "./server.ts";

/** A config file in which the hooks of these names print them and what they get; `more` are other properties. */
export function printing(names: readonly string[], more = ""): string {
  const hooks = names.map((name) =>
    `${name}: (...values: unknown[]) => console.log("hook", "${name}", JSON.stringify(values)),`
  );
  const properties = [more, ...hooks].join("\n  ");
  return `import { defineConfig } from "denicorn";\nexport default defineConfig({\n  ${properties}\n});\n`;
}

/** Waits until such hooks have printed at least `count` lines, and returns them in their order. */
export function calls(server: Server, count: number): Promise<ReturnType<typeof called>> {
  return server.until(`${count} hooks`, () => {
    const found = called(server.stdout);
    return found.length >= count && found;
  });
}

/** What such hooks have printed so far. */
export function called(stdout: string): [name: string, ...values: unknown[]][] {
  return [...stdout.matchAll(/^hook (\w+) (.*)$/gm)]
    .map(([, name, values]) => [name!, ...JSON.parse(values!)]);
}

/** The hook processes that this master has started and that run. */
export function hookProcesses(master: number): number[] {
  const pids = Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      const parent = /^PPid:\s+(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
      const command = Deno.readTextFileSync(`/proc/${pid}/cmdline`);
      return Number(parent) === master && command.includes("--run-hooks");
    } catch {
      // It has ended.
      return false;
    }
  });
}

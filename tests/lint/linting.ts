import plugin from "../../lint/layers.ts";
import { assertEquals } from "../assert.ts";

/** What the plugin says about a file of the program. */
function lint(path: string, source: string): string[] {
  const file = new URL(`../../${path}`, import.meta.url).pathname;
  return Deno.lint.runPlugin(plugin, file, source).map(({ id, message }) => `${id}: ${message}`);
}

export function assertAccepted(path: string, source: string): void {
  assertEquals(lint(path, source), []);
}

export function assertRefused(path: string, source: string, rule: string, message: string): void {
  assertEquals(lint(path, source), [`layers/${rule}: ${message}`]);
}

/** A test of what only Linux has. Elsewhere it says that it was skipped, and why. */
export function linuxOnly(name: string, run: () => void | Promise<void>): void {
  const ignore = Deno.build.os !== "linux";
  Deno.test({ name: ignore ? `${name} (skipped: needs Linux)` : name, ignore, fn: run });
}

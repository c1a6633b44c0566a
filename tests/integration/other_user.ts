/** Tests of a server whose workers run as another user than its master. */

import { type TestHost, testOnOneTarget } from "./harness.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Like `testOnOneTarget`; skipped, with the reason in its name, where workers of user `nobody` cannot run. */
export function otherUserTest(name: string, body: (host: TestHost) => Promise<void>): void {
  testOnOneTarget(name, async (host) => {
    for (const folder of [host.folder, host.runtime]) Deno.chmodSync(folder, 0o711);
    await body(host);
  }, lacking());
}

function lacking(): string | null {
  if (Deno.build.os !== "linux") return "needs Linux";
  if (Deno.uid() !== 0) return "only root can start workers as another user";
  // From source, workers read this checkout and the cache of the runtime.
  for (const path of [`${root}main.ts`, Deno.execPath(), Deno.env.get("DENO_DIR") ?? root]) {
    const { success } = new Deno.Command("ls", { args: [path], uid: 65534, stdout: "null", stderr: "null" })
      .outputSync();
    if (!success) return `user nobody cannot read ${path}`;
  }
  return null;
}

import { shareLogs } from "../../../src/master/files/shared_logs.ts";
import { resolveSettings } from "../../../src/settings/resolve.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import { assertEquals } from "../../assert.ts";

const isRoot = Deno.uid() === 0;
if (!isRoot) console.log("skipped: logs given to another account: only root may give files away");

Deno.test({
  name: "a log file is given to the workers' account, but nothing that a link in its place leads to",
  ignore: !isRoot,
  fn() {
    const folder = Deno.makeTempDirSync();
    try {
      Deno.writeTextFileSync(`${folder}/secret`, "root's own");
      Deno.symlinkSync(`${folder}/secret`, `${folder}/access.log`);
      const commandLine = {
        settings: new Map(
          [
            ["errorLogfile", [`${folder}/error.log`]],
            ["accessLogfile", [`${folder}/access.log`]],
          ] as const,
        ),
      };
      const { settings } = resolveSettings({ commandLine, environment: {}, cores: 1 });
      shareLogs(createSystem(), settings, { uid: 65534, gid: 65534 });
      const owner = (name: string) => Deno.lstatSync(`${folder}/${name}`).uid;
      assertEquals([owner("error.log"), owner("access.log"), owner("secret")], [65534, 0, 0]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

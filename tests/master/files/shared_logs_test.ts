import { shareLogs } from "../../../src/master/files/shared_logs.ts";
import { resolveSettings } from "../../../src/settings/resolve.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";

const isRoot = Deno.uid() === 0;
if (!isRoot) console.log("skipped: logs given to another account: only root may give files away");
const nobody = 65534;

function shareIn(folder: string): void {
  const commandLine = {
    settings: new Map(
      [
        ["errorLogfile", [`${folder}/error.log`]],
        ["accessLogfile", [`${folder}/access.log`]],
      ] as const,
    ),
  };
  const { settings } = resolveSettings({ commandLine, environment: {}, cores: 1 });
  shareLogs(createSystem(), settings, { uid: nobody, gid: nobody });
}

Deno.test({
  name: "log files are given to the workers' account, but not what a link of that account leads to",
  ignore: !isRoot,
  fn() {
    const folder = Deno.makeTempDirSync();
    try {
      Deno.writeTextFileSync(`${folder}/secret`, "root's own");
      const owner = (name: string) => Deno.lstatSync(`${folder}/${name}`).uid;
      shareIn(folder);
      assertEquals([owner("error.log"), owner("access.log"), owner("secret")], [nobody, nobody, 0]);

      Deno.chownSync(folder, nobody, nobody);
      Deno.removeSync(`${folder}/access.log`);
      Deno.symlinkSync(`${folder}/secret`, `${folder}/access.log`);
      const error = assertThrows(() => shareIn(folder));
      assertMatch(String(error), /cannot open access-logfile: .*access.log \(open: Permission denied\)/);
      assertEquals([owner("error.log"), owner("secret")], [nobody, 0]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

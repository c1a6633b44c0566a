/** A config file is code that root runs: not one that the workers' user could have written. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { nobody, openTo, reasonNotToSwitchUser } from "./as_root.ts";

const app = { "main.ts": `export default () => new Response("ok");\n` };
const marks = `Deno.writeTextFileSync(Deno.env.get("MARK"), String(Deno.uid()));\nexport default {};\n`;

function giveAway(host: TestHost, path = ""): void {
  Deno.chownSync(`${host.folder}/${path}`, nobody.uid, nobody.gid);
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}

testOnOneTarget(
  "as root: a config file that the workers' user puts into the app's folder is not run, at a reload and at a start",
  async (host) => {
    openTo(host);
    const mark = `${host.folder}/mark`;
    const server = host.start({ files: app, args: ["--user", "nobody"], env: { MARK: mark } });
    await server.ready(1);
    giveAway(host);
    host.write({ "denicorn.config.js": marks });
    server.kill("SIGHUP");
    await server.logged(
      /reload failed, generation 1 keeps serving: cannot load the config file: .*denicorn\.config\.js: root would run it, and user nobody of the workers can write to \S+: run `chown root:root`/,
    );
    assertEquals(await server.text(), "ok");
    assert(!exists(mark), "it was run at the reload");

    for (const args of [[], ["--config", "denicorn.config.js"]]) {
      const { code, stderr } = await host.run(["check", "--user", "nobody", ...args, "main.ts"], {
        MARK: mark,
      });
      assertEquals(code, 2, stderr);
      assertMatch(
        stderr,
        /^denicorn: cannot load the config file: \S+: root would run it, and user nobody .*\n$/,
      );
      assert(!exists(mark), "it was run at the start");
    }

    Deno.chownSync(host.folder, 0, 0);
    server.kill("SIGHUP");
    await server.ready(1, 3);
    assertEquals(Deno.readTextFileSync(mark), "0");
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
  },
  reasonNotToSwitchUser,
);

testOnOneTarget(
  "as root: nor is one that the workers' user can write to, or reaches by a link of that user, or that imports such a file",
  async (host) => {
    openTo(host);
    const mark = `${host.folder}/mark`;
    host.write({
      ...app,
      "own/config.js": marks,
      "group/config.js": marks,
      "file/config.js": marks,
      "importing/config.js": `import "../file/config.js";\nexport default {};\n`,
      "named/config.js": `import "../file/config.js";\nexport default { user: "nobody" };\n`,
      "data/config.json": `{ "user": "root" }`,
    });
    giveAway(host, "own");
    Deno.chownSync(`${host.folder}/group`, 0, nobody.gid);
    Deno.chmodSync(`${host.folder}/group`, 0o775);
    giveAway(host, "file/config.js");
    giveAway(host, "data");
    Deno.symlinkSync("../importing", `${host.folder}/own/link`);
    const cases = [
      ["own/config.js", "own"],
      ["group/config.js", "group"],
      ["file/config.js", "file/config.js"],
      ["importing/config.js", "file/config.js"],
      ["own/link/config.js", "own"],
      ["data/config.json", "data"],
    ];
    for (const [config = "", writable] of cases) {
      const args = ["check", "--user", "nobody", "--config", config, "main.ts"];
      const { code, stderr } = await host.run(args, { MARK: mark });
      assertEquals(code, 2, stderr);
      assertMatch(stderr, new RegExp(`user nobody of the workers can write to \\S+/${writable}: run`));
      assert(!exists(mark), `${config} was run`);
    }
    const { code, stderr } = await host.run(["check", "--config", "named/config.js", "main.ts"], {
      MARK: mark,
    });
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /user nobody of the workers can write to \S+\/file\/config\.js: run/);
  },
  reasonNotToSwitchUser,
);

testOnOneTarget(
  "as root without --user, as in a container, the config file may belong to anybody, like the app",
  async (host) => {
    openTo(host);
    const mark = `${host.folder}/mark`;
    host.write({ ...app, "denicorn.config.js": marks });
    giveAway(host);
    const { code, stderr } = await host.run(["settings"], { MARK: mark });
    assertEquals([code, stderr], [0, ""]);
    assert(exists(mark));
  },
  reasonNotToSwitchUser,
);

import { appStorage, userCache } from "../../src/app/user_directories.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";

const isRoot = Deno.uid() === 0;
if (!isRoot) console.log("skipped: a cache in the home of another user: only root may make one");

function cacheIn(home: string): string | undefined {
  const system = createSystem();
  const env = (name: string) => name === "HOME" ? home : undefined;
  return userCache({ ...system, host: { ...system.host, env } });
}

function inFolder(body: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-cache-test-" });
  try {
    body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("the cache is in the user's home, which need not exist yet", () => {
  inFolder((folder) => {
    for (const home of [folder, `${folder}/new`]) assertEquals(cacheIn(home), `${home}/.cache/denicorn`);
  });
});

Deno.test("there is no cache where every user could exchange it", () => {
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/home`);
    Deno.chmodSync(folder, 0o777);
    assertEquals(cacheIn(`${folder}/home`), undefined);
    Deno.chmodSync(folder, 0o1777);
    assertEquals(cacheIn(`${folder}/home`), `${folder}/home/.cache/denicorn`);
  });
});

Deno.test({
  name: "root has no cache in the home of another user",
  ignore: !isRoot,
  fn() {
    inFolder((folder) => {
      Deno.mkdirSync(`${folder}/alice/.cache`, { recursive: true });
      Deno.symlinkSync("alice", `${folder}/link`);
      Deno.chownSync(`${folder}/alice`, 65534, 65534);
      for (const home of ["alice", "link"]) assertEquals(cacheIn(`${folder}/${home}`), undefined);
    });
  },
});

Deno.test("each app has its own storage", () => {
  inFolder((folder) => {
    const system = createSystem();
    const storage = (source: string, variables: Record<string, string>) =>
      appStorage({ ...system, host: { ...system.host, env: (name) => variables[name] } }, source);
    const [one, other] = ["/srv/a/main.ts", "/srv/b/main.ts"].map((source) =>
      storage(source, { HOME: folder })
    );
    assert(one !== other);
    assertMatch(one?.slice(folder.length) ?? "", /^\/\.local\/state\/denicorn\/apps\/main\.ts-[0-9a-f]{16}$/);
    assert(
      storage("/srv/a/main.ts", { XDG_STATE_HOME: `${folder}/x` })?.startsWith(`${folder}/x/denicorn/apps/`),
    );
    assertEquals(storage("/srv/a/main.ts", {}), undefined);
  });
});

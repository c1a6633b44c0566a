import { findPlace } from "../../../src/system/files/safe_path.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

const isRoot = Deno.uid() === 0;
if (!isRoot) console.log("skipped: links of other users, as root: only root may make them");
const alice = 65533;

function inFolder(body: (folder: string) => void): void {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "denicorn-path-test-" }));
  try {
    body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Where `path` leads: the directory without links, and what is known of it. */
function found(path: string): string {
  const place = findPlace(path);
  if (place.is === "descriptor") return `descriptor ${place.descriptor}`;
  const directory = Deno.realPathSync(place.directory);
  const { isTrusted, isPublic } = place;
  place.close();
  return `${directory}/${place.name}${isTrusted ? " trusted" : ""}${isPublic ? " public" : ""}`;
}

function refused(path: string): string {
  return String(assertThrows(() => findPlace(path)));
}

function give(path: string): void {
  new Deno.Command("chown", { args: ["-h", `${alice}:${alice}`, path] }).outputSync();
}

linuxOnly("own links are followed, relative, absolute and several in a row; the file need not exist", () => {
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/a/b`, { recursive: true });
    Deno.symlinkSync("a", `${folder}/one`);
    Deno.symlinkSync(`${folder}/one/b`, `${folder}/two`);
    Deno.symlinkSync("../a/./b/../b/new.log", `${folder}/a/file`);
    assertEquals(found(`${folder}/two/x.log`), `${folder}/a/b/x.log trusted`);
    assertEquals(found(`${folder}/a/file`), `${folder}/a/b/new.log trusted`);
    Deno.symlinkSync("loop", `${folder}/loop`);
    assertMatch(refused(`${folder}/loop`), /too many links/);
    assertMatch(refused(`${folder}/none/x.log`), /No such file/);
    assertMatch(refused("/"), /it is a directory/);
  });
});

linuxOnly("paths of open files are known by every name", () => {
  inFolder((folder) => {
    Deno.symlinkSync("/dev/stdout", `${folder}/access.log`);
    const paths = [
      "/dev/stdout",
      "/dev/fd/1",
      "/proc/self/fd/1",
      `/proc/${Deno.pid}/fd/1`,
      `${folder}/access.log`,
    ];
    assertEquals(paths.map(found), paths.map(() => "descriptor 1"));
  });
});

linuxOnly("where all may write, no link is followed, unless only its owner may remove it", () => {
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/a`);
    Deno.symlinkSync("a", `${folder}/link`);
    Deno.chmodSync(folder, 0o777);
    assertMatch(
      refused(`${folder}/link/x.log`),
      /another user may have made the link \S+\/link: give the path/,
    );
    assertEquals(found(`${folder}/x.log`), `${folder}/x.log public`);
    Deno.chmodSync(folder, 0o1777);
    assertEquals(found(`${folder}/link/x.log`), `${folder}/a/x.log trusted`);
    if (!isRoot) return;
    give(`${folder}/link`);
    give(`${folder}/a`);
    assertMatch(refused(`${folder}/link/x.log`), /another user may have made the link/);
  });
});

linuxOnly("root follows a link of the owner of a directory only into what belongs to that owner", () => {
  if (!isRoot) return;
  inFolder((folder) => {
    for (const path of ["app/r1/log", "root/log"]) Deno.mkdirSync(`${folder}/${path}`, { recursive: true });
    Deno.symlinkSync("r1", `${folder}/app/current`);
    Deno.symlinkSync("../root/log", `${folder}/app/out`);
    Deno.symlinkSync("../../root/log/x.log", `${folder}/app/r1/x.log`);
    Deno.symlinkSync(folder, `${folder}/app/up`);
    for (const path of ["app", "app/r1", "app/r1/log", "app/current", "app/out", "app/r1/x.log", "app/up"]) {
      give(`${folder}/${path}`);
    }
    assertEquals(found(`${folder}/app/current/log/y.log`), `${folder}/app/r1/log/y.log`);
    for (const path of ["app/out/y.log", "app/current/x.log", "app/up/app/r1/log/y.log"]) {
      assertMatch(refused(`${folder}/${path}`), /another user may have made the link/, path);
    }
    // A link of root in that directory may have got its name from the owner.
    Deno.symlinkSync("../root/log", `${folder}/app/old`);
    assertMatch(refused(`${folder}/app/old/y.log`), /another user may have made the link/);
  });
});

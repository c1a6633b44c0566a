import { createHash } from "node:crypto";
import { writeArchive } from "../../scripts/archive.ts";
import { assertEquals } from "../assert.ts";

/** The digest and the modes of an archive of a folder with a program and a text, whose modes are as given. */
async function archiveOf(folderMode: number, programMode: number, textMode: number) {
  const dir = Deno.makeTempDirSync({ prefix: "denicorn-test-" });
  try {
    Deno.mkdirSync(`${dir}/package/bin`, { recursive: true });
    Deno.writeTextFileSync(`${dir}/package/bin/program`, "#!/bin/sh\n");
    Deno.writeTextFileSync(`${dir}/package/text`, "text\n");
    Deno.chmodSync(`${dir}/package/bin/program`, programMode);
    Deno.chmodSync(`${dir}/package/text`, textMode);
    for (const folder of ["package/bin", "package"]) Deno.chmodSync(`${dir}/${folder}`, folderMode);
    await writeArchive(`${dir}/archive`, dir, "package", { date: "1760000000", level: 0 });
    const { stdout } = new Deno.Command("tar", { args: ["-tvf", `${dir}/archive`] }).outputSync();
    const modes = new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => line.slice(0, 10));
    const sha256 = createHash("sha256").update(Deno.readFileSync(`${dir}/archive`)).digest("hex");
    return { sha256, modes };
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

Deno.test("an archive has the same bytes under every umask, and in a folder that hands its group down", async () => {
  const usual = await archiveOf(0o755, 0o755, 0o644);
  assertEquals(await archiveOf(0o700, 0o700, 0o600), usual);
  assertEquals(await archiveOf(0o2775, 0o775, 0o664), usual);
  assertEquals(usual.modes, ["drwxr-xr-x", "drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--"]);
});

import { assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { find, LinuxHost, settings } from "./linux_host.ts";

/** A check leaves nothing behind, with any result. */
function assertClean(system: LinuxHost): void {
  assertEquals(system.open, []);
  assertEquals([...system.directories], []);
  assertEquals([...system.texts.keys()].filter((path) => path.includes("doctor")), []);
}

Deno.test("steering: with two listeners, every connection follows the program", async () => {
  const system = new LinuxHost();
  const { verdict, finding } = await find("steering", system);
  assertEquals(verdict, "ok");
  assertMatch(finding, /16 connections followed it/);
  assertClean(system);
});

Deno.test("steering: a note if it is turned off", async () => {
  const { verdict, finding } = await find("steering", new LinuxHost(), {
    settings: { ...settings, steering: "off" },
  });
  assertEquals(verdict, "note");
  assertMatch(finding, /the setting steering is off$/);
});

Deno.test("steering: a kernel that refuses the program, or accepts and ignores it", async () => {
  const system = new LinuxHost();
  system.obeysPrograms = false;
  await assertRejects(() => find("steering", system), Error, "connection for listener 1 did not go there");
  system.refuses.set("steer", "setsockopt: Protocol not available");
  await assertRejects(() => find("steering", system), Error, "Protocol not available");
  assertClean(system);
});

Deno.test("descriptor-passing: a listener is sent, received and closed", async () => {
  const system = new LinuxHost();
  assertEquals((await find("descriptor-passing", system)).verdict, "ok");
  assertClean(system);
});

Deno.test("descriptor-passing: refused", async () => {
  const system = new LinuxHost();
  system.refuses.set("send", "sendmsg: Operation not permitted");
  await assertRejects(() => find("descriptor-passing", system), Error, "not permitted");
  assertClean(system);
});

Deno.test("shared-memory: sealed, in /dev/shm, in the runtime directory, or not at all", async () => {
  const system = new LinuxHost();
  assertEquals((await find("shared-memory", system)).verdict, "ok");
  system.refuses.set("memfd", "memfd_create: Function not implemented");
  const unsealed = await find("shared-memory", system);
  assertEquals(unsealed.verdict, "note");
  assertMatch(unsealed.finding, /^memfd_create: .* implemented; a file without a name in \/dev\/shm is used/);
  system.refuses.set("/dev/shm", "Read-only file system");
  assertMatch(
    (await find("shared-memory", system)).finding,
    /; .* in the runtime directory in \/tmp is used/,
  );
  system.refuses.set("/tmp", "Read-only file system");
  assertMatch((await find("shared-memory", system)).finding, /as messages/);
  assertClean(system);
});

Deno.test("runtime-directory: created, checked and removed", async () => {
  const system = new LinuxHost();
  assertEquals((await find("runtime-directory", system)).verdict, "ok");
  system.parentMode = 0o777;
  assertEquals((await find("runtime-directory", system)).verdict, "problem");
  system.refuses.set("/tmp", "Permission denied");
  await assertRejects(
    () => find("runtime-directory", system),
    Error,
    "can be created: /tmp (Permission denied)",
  );
  assertClean(system);
});

Deno.test("runtime-directory: if the first place cannot be used, the second is checked", async () => {
  const system = new LinuxHost();
  system.refuses.set("/tmp", "Permission denied");
  const { verdict, finding } = await find("runtime-directory", system, { runtimeParents: ["/tmp", "/run"] });
  assertEquals(verdict, "ok");
  assertMatch(finding, /^\/run: /);
});

Deno.test("c-library: ok if any call works", async () => {
  assertEquals((await find("c-library", new LinuxHost())).verdict, "ok");
});

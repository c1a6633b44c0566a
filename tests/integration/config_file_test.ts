import { processes } from "../../src/system/processes/deno_processes.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

const files = { "main.ts": `export default () => new Response("ok");\n` };
const good = "export default {};\n";

testOnOneTarget("a config file of JSON may name its schema, which types writes", async (host) => {
  const { code, stdout } = await host.run(["types", "--schema"]);
  assertEquals(code, 0);
  assertEquals(JSON.parse(stdout).properties.workers.default, 1);
  host.write({ "denicorn.config.json": '{ "$schema": "./denicorn.schema.json", "workers": 3 }' });
  assertMatch((await host.run(["settings"])).stdout, /^workers = 3 \(config file denicorn\.config\.json\)$/m);
});

testOnOneTarget(
  "a config file does not stay in the master: not its memory, not its timers",
  async (host) => {
    // Evaluated in the master, 15 reloads of this took 66 MB.
    const large = `const held = new Uint8Array(4_000_000).fill(1);
setInterval(() => Deno.writeTextFileSync(\`timer-\${Deno.pid}\`, String(held.length)), 1);
await new Promise((resolve) => setTimeout(resolve, 20));
export default { slowRequest: 5 };\n`;
    const server = host.start({ files: { ...files, "denicorn.config.js": large } });
    await server.ready(1, 1);
    const reload = async (generation: number) => {
      server.kill("SIGHUP");
      // Not by the status: to ask for it takes memory, too.
      await server.logged(new RegExp(`generation ${generation} ready`));
    };
    for (let generation = 2; generation <= 6; generation++) await reload(generation);
    const before = residentMegabytes(server.pid);
    for (let generation = 7; generation <= 16; generation++) await reload(generation);
    const grown = residentMegabytes(server.pid) - before;
    assert(grown < 20, `the master grew by ${grown} MB in ten reloads`);
    const timers = [...Deno.readDirSync(host.folder)].map(({ name }) => name).filter((name) =>
      name.startsWith("timer-")
    );
    assertEquals(timers.length, 16);
    assert(!timers.includes(`timer-${server.pid}`));
  },
);

testOnOneTarget("a config file that ends its process fails the reload, not the master", async (host) => {
  const server = host.start({ files: { ...files, "denicorn.config.ts": good } });
  await server.ready(1);
  host.write({ "denicorn.config.ts": `Deno.exit(3);\n${good}` });
  server.kill("SIGHUP");
  await server.logged(/reload failed.*cannot load the config file: .*denicorn\.config\.ts: .*exit code 3/);
  host.write({ "denicorn.config.ts": `Deno.kill(Deno.pid, "SIGKILL");\n${good}` });
  const from = server.stderr.length;
  server.kill("SIGHUP");
  await server.logged(/reload failed.*cannot load the config file: .*denicorn\.config\.ts: .*SIGKILL/, from);
  assertEquals(await server.text(), "ok");
});

testOnOneTarget("a config file that never ends does not outlive a master that is killed", async (host) => {
  const config = `Deno.writeTextFileSync("pid", String(Deno.pid));\nwhile (true);\n`;
  const server = host.start({ files: { ...files, "denicorn.config.js": config } });
  const pid = () => {
    try {
      return Number(Deno.readTextFileSync(`${host.folder}/pid`));
    } catch {
      return 0;
    }
  };
  await server.until("the config file is evaluated", () => pid() > 0);
  try {
    server.kill("SIGKILL");
    await server.until("its process has ended", () => !processes.isAlive(pid()), 40_000);
  } finally {
    processes.signal(pid(), "SIGKILL");
  }
});

testOnOneTarget(
  "a reload without the config file that named the app says that no app is given",
  async (host) => {
    const config = `export default { app: "main.ts" };\n`;
    const server = host.start({ files: { ...files, "denicorn.config.ts": config }, app: null });
    await server.ready(1);
    Deno.removeSync(`${host.folder}/denicorn.config.ts`);
    server.kill("SIGHUP");
    await server.logged(/reload failed, generation 1 keeps serving: no APP is given: name the module/);
    assertEquals(await server.text(), "ok");
  },
);

testOnOneTarget(
  "a URL of a task store that cannot be used fails checks, starts and reloads",
  async (host) => {
    const config = (taskStore: string) => `export default ${JSON.stringify({ taskStore })};\n`;
    const server = host.start({ files: { ...files, "denicorn.config.ts": config("memory:") } });
    await server.ready(1);
    host.write({ "denicorn.config.ts": config("redis://u:secret@127.0.0.1:1?queues=mail") });
    const refused =
      'task-store: "redis://***@127.0.0.1:1?queues=mail" (config file denicorn.config.ts) is not accepted: ' +
      "?queues= is not known: give ?queue=, ?prefix=, ?limit=";
    for (const args of [["check", "main.ts"], ["main.ts"]]) {
      const { code, stderr } = await host.run(args);
      assertEquals([code, stderr], [2, `denicorn: ${refused}\n`]);
    }
    server.kill("SIGHUP");
    await server.logged(
      /reload failed, generation 1 keeps serving: task-store: .* \?queues= is not known: give/,
    );
    assertEquals(await server.text(), "ok");
  },
);

testOnOneTarget("what a config file prints appears, and its settings still count", async (host) => {
  host.write({
    ...files,
    "denicorn.config.ts": `console.log('{ "workers": 9 }');\nexport default { workers: 2 };\n`,
  });
  const { code, stdout } = await host.run(["settings", "main.ts"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^\{ "workers": 9 \}$/m);
  assertMatch(stdout, /^workers = 2 \(config file denicorn\.config\.ts\)$/m);
});

testOnOneTarget("a function among the settings is refused by the setting's name", async (host) => {
  host.write({ ...files, "denicorn.config.ts": `export default { workers: () => 2 };\n` });
  const { code, stderr } = await host.run(["main.ts"]);
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /^denicorn: workers: a function \(config file denicorn\.config\.ts\) is not accepted: give a whole number/,
  );
});

testOnOneTarget("--read-config on the command line is refused with the reason", async (host) => {
  for (const args of [["--read-config"], ["--read-config", "/missing", "denicorn.config.ts"]]) {
    const { code, stderr } = await host.run(args);
    assertEquals(code, 2);
    assertMatch(
      stderr,
      /^denicorn: --read-config: is only for Denicorn itself, which evaluates a config file with it: .*\n$/,
    );
  }
});

function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

testOnOneTarget(
  "a newer reload does not wait for a config file that never ends, and a failed one leaves the server as it was",
  async (host) => {
    const config = (text: string) => ({
      "denicorn.config.ts": `${text}\nexport default { env: { X: "good" } };\n`,
    });
    const begun = `Deno.writeTextFileSync(${JSON.stringify(`${host.folder}/begun`)}, String(Deno.pid));`;
    const server = host.start({ files: { ...files, ...config("") }, args: ["-w", "2"] });
    await server.ready(2, 1);
    let generation = 1;
    for (const endless of ["while (true);", "await new Promise(() => setInterval(() => {}, 1000));"]) {
      host.write(config(`${begun}\n${endless}`));
      server.kill("SIGHUP");
      const pid = Number(
        await server.until("the config file is evaluated", () => {
          try {
            return Deno.readTextFileSync(`${host.folder}/begun`);
          } catch {
            return undefined;
          }
        }),
      );
      Deno.removeSync(`${host.folder}/begun`);
      host.write(config(""));
      const asked = performance.now();
      const from = server.stderr.length;
      server.kill("SIGHUP");
      generation += 2;
      await server.ready(2, generation);
      const took = performance.now() - asked;
      assert(took < 8_000, `the newer reload took ${took} ms`);
      assert(!processes.isAlive(pid));
      assert(!server.stderr.slice(from).includes("reload failed"), server.stderr);
      assertEquals(await server.text(), "ok");
    }
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget("a config file that never ends is an error of the start, and of a reload", async (host) => {
  const endless = `await new Promise(() => setInterval(() => {}, 1000));\n${good}`;
  const message =
    /cannot load the config file: \S*denicorn\.config\.ts: not loaded after 10 s: look for a loop or /;
  const server = host.start({ files: { ...files, "denicorn.config.ts": good } });
  await server.ready(1);
  host.write({ "denicorn.config.ts": endless });
  server.kill("SIGHUP");
  const [{ code, stderr }] = await Promise.all([
    host.run(["main.ts", "--bind", "127.0.0.1:0"]),
    server.logged(/reload failed, generation 1 keeps serving: .* not loaded after 10 s/),
  ]);
  assertEquals(code, 2);
  assertMatch(stderr, message);
  assertEquals(await server.text(), "ok");
  host.write({ "denicorn.config.ts": good });
  server.kill("SIGHUP");
  await server.ready(1, 3);
});

testOnOneTarget("a property that throws, or a Proxy, is an error of the settings", async (host) => {
  for (
    const exported of [
      `{ get workers() { throw new Error("unreadable"); } }`,
      `new Proxy({}, { ownKeys() { throw new Error("unreadable"); } })`,
    ]
  ) {
    host.write({ ...files, "denicorn.config.js": `export default ${exported};\n` });
    const { code, stderr } = await host.run(["main.ts"]);
    assertEquals(code, 2);
    assertMatch(stderr, /^denicorn: cannot load the config file: \S+: it throws: unreadable\n$/);
  }
});

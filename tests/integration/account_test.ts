/** Workers as another user than the master, which is root. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { freePort, testOnOneTarget } from "./harness.ts";
import { TestAuthority } from "./test_authority.ts";
import { apart, mounting, nobody, openTo, reasonNotToMount, reasonNotToSwitchUser } from "./as_root.ts";

const secret = "only root may read this";
const showsData =
  `import data from "./data.json" with { type: "json" };\nexport default () => Response.json(data);\n`;

testOnOneTarget(
  "as root: a link among the app's files shows the workers' user no file of root, at a reload and at a start",
  async (host) => {
    openTo(host);
    const files = { "main.ts": showsData, "data.json": `"harmless"` };
    const server = host.start({ files, args: ["--user", "nobody"] });
    await server.ready(1);
    assertEquals(await server.text(), `"harmless"`);

    host.write({ "root/secret.json": JSON.stringify(secret) });
    Deno.chmodSync(`${host.folder}/root`, 0o700);
    Deno.removeSync(`${host.folder}/data.json`);
    Deno.symlinkSync("root/secret.json", `${host.folder}/data.json`);
    const from = server.stderr.length;
    server.kill("SIGHUP");
    await server.logged(/reload failed.*|cannot load the app/, from);
    await server.ready(1, 1);
    assertEquals(await server.text(), `"harmless"`);
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);

    const { code, stderr } = await host.run(["--user", "nobody", "main.ts"]);
    assertEquals(code, 4, stderr);
    assertMatch(
      stderr,
      /cannot load the app: main\.ts:1:\d+: ".\/data\.json" cannot be read: Permission denied/,
    );
    assert(!`${server.stderr}${stderr}`.includes(secret));
  },
  reasonNotToSwitchUser,
);

testOnOneTarget(
  "as root: workers of another user serve TLS with a key of root, which that user gets by no link",
  async (host) => {
    openTo(host);
    const authority = new TestAuthority(host.folder);
    Deno.mkdirSync(`${host.folder}/root`, { mode: 0o700 });
    authority.issue("root/server", "localhost");
    const args = ["--user", "nobody", "--certfile", "root/server.pem", "--keyfile", "root/server.key"];
    const server = host.start({
      files: { "main.ts": `export default () => new Response("secure");\n` },
      args,
    });
    await server.ready(1);
    using client = Deno.createHttpClient({ caCerts: [authority.certificate], poolMaxIdlePerHost: 0 });
    assertEquals(await (await fetch(`https://localhost:${server.port}/`, { client })).text(), "secure");
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });

    const folder = `${host.folder}/theirs`;
    Deno.mkdirSync(folder);
    Deno.symlinkSync(`${host.folder}/root/server.key`, `${folder}/server.key`);
    Deno.chownSync(folder, nobody.uid, nobody.gid);
    const { code, stderr } = await host.run([...args.slice(0, -1), "theirs/server.key", "main.ts"]);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /cannot use keyfile: theirs\/server\.key \(another user may have made the link/);
  },
  reasonNotToSwitchUser,
);

testOnOneTarget(
  "as root: workers get the groups, HOME, USER and LOGNAME of their user",
  async (host) => {
    openTo(host);
    host.write({
      "group": "root:x:0:\nnobody:x:65534:\ndata:x:4321:mail,nobody\nother:x:4322:mail\n",
      "passwd":
        `root:x:0:0:root:/root:/bin/sh\nnobody:x:${nobody.uid}:${nobody.gid}:nobody:/var/empty:/bin/sh\n`,
    });
    const app = `const names = ["HOME", "USER", "LOGNAME"];
      const groups = /^Groups:(.*)/m.exec(Deno.readTextFileSync("/proc/self/status"))[1].trim().split(/\\s+/).sort();
      export default () => Response.json([Deno.uid(), Deno.gid(), groups, ...names.map((name) => Deno.env.get(name))]);`;
    const etc = ["group", "passwd"].map((name) => `mount --bind ${host.folder}/${name} /etc/${name}`);
    const server = host.start({
      command: mounting(host, etc.join("\n")),
      files: { "main.ts": app },
      args: ["--user", "nobody", "-e", "LOGNAME=chosen"],
      env: { HOME: "/root", USER: "root", LOGNAME: "root" },
    });
    await server.ready(1);
    const groups = [String(nobody.gid), "4321"].sort();
    assertEquals(await (await server.fetch()).json(), [
      ...[nobody.uid, nobody.gid, groups],
      ...["/var/empty", "nobody", "chosen"],
    ]);
    server.kill("SIGHUP");
    await server.ready(1, 2);
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
  },
  reasonNotToMount,
);

testOnOneTarget(
  "as root: workers reach the master from a login of root, whose XDG_RUNTIME_DIR no other user may enter",
  async (host) => {
    openTo(host);
    Deno.mkdirSync(`${host.folder}/private`, { mode: 0o700 });
    const env = { XDG_RUNTIME_DIR: `${host.folder}/private`, TMPDIR: host.runtime };
    const server = host.start({
      files: { "main.ts": "export default () => new Response(String(Deno.uid()));" },
      args: ["--user", "nobody"],
      env,
    });
    await server.ready(1);
    assertEquals(await server.text(), String(nobody.uid));
    assertEquals([...Deno.readDirSync(env.XDG_RUNTIME_DIR)], []);
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);

    const { code, stdout, stderr } = await host.run(["check", "--user", "nobody", "main.ts"], env);
    assertEquals([code, stdout], [0, "main.ts: settings and app are good\n"], stderr);
    const doctor = await host.run(["doctor", "--user", "nobody", "main.ts"], env);
    assertMatch(doctor.stdout, /^ok +account +user nobody can bundle an app, reach \S+\/run and listen on /m);
  },
  reasonNotToSwitchUser,
);

testOnOneTarget(
  "as root: a user that cannot run Denicorn here is named before anything starts",
  async (host) => {
    openTo(host);
    host.write({ "closed/main.ts": "export default () => new Response();" });
    Deno.chmodSync(`${host.folder}/closed`, 0o700);
    const [command = "", ...args] = host.target.command;
    const { code, stderr } = await new Deno.Command(command, {
      args: [...args, "--user", "nobody", "--bind", `127.0.0.1:${freePort()}`, "main.ts"],
      cwd: `${host.folder}/closed`,
      env: { XDG_RUNTIME_DIR: host.runtime },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals(code, 2, text);
    assertMatch(text, /^denicorn: cannot run Denicorn as user nobody: .*: let that user read .*\n$/);
    assertEquals([...Deno.readDirSync(host.runtime)], []);
  },
  reasonNotToSwitchUser,
);

testOnOneTarget(
  "as root: without a place that the workers' user can reach, the start says so and exits 2",
  async (host) => {
    openTo(host);
    host.write({ "main.ts": "export default () => new Response();" });
    const script = "for place in /tmp /dev/shm /run; do mount -t tmpfs -o mode=0700 tmpfs $place; done";
    const [command = "", ...args] = apart(host, script);
    const { code, stderr } = await new Deno.Command(command, {
      args: [...args, "--user", "nobody", "--bind", "127.0.0.1:1", "main.ts"],
      cwd: host.folder,
      env: { XDG_RUNTIME_DIR: "", TMPDIR: "/tmp" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals(code, 2, text);
    assertMatch(
      text,
      /^denicorn: no runtime directory can be reached by user nobody: tried \/tmp\/denicorn-\w+ \(Permission denied[^)]*\)+, \/dev\/shm\/denicorn-.*: set TMPDIR/,
    );
  },
  reasonNotToMount,
);

testOnOneTarget(
  "as root: workers of another user listen on a port below 1024",
  async (host) => {
    openTo(host);
    const port = freeLowPort();
    const server = host.start({
      files: { "main.ts": "export default () => new Response(String(Deno.uid()));" },
      args: ["--user", "nobody", "--bind", `127.0.0.1:${port}`, "--workers", "2"],
    });
    await server.ready(2);
    const text = async () => await (await fetch(`http://127.0.0.1:${port}`)).text();
    assertEquals(await text(), String(nobody.uid));
    server.kill("SIGHUP");
    await server.ready(2, 2);
    server.kill("SIGUSR2");
    await server.upgraded();
    assertEquals(await text(), String(nobody.uid));
    server.kill("SIGTERM");
    await server.until("end of the new master", () => server.survivors().length === 0);
    assertEquals(server.leftovers(), []);
  },
  (target) => reasonNotToSwitchUser(target) ?? reasonNotToListenLow(),
);

testOnOneTarget(
  "as root: a master that may not let its workers listen on a port below 1024 says so before anything starts",
  async (host) => {
    openTo(host);
    host.write({ "main.ts": "export default () => new Response();" });
    const port = freeLowPort();
    const run = async (...words: readonly string[]) => {
      const { code, stdout, stderr } = await new Deno.Command("setpriv", {
        args: [
          ...["--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service"],
          ...[...host.target.command, ...words, "--user", "nobody", "--bind", `127.0.0.1:${port}`, "main.ts"],
        ],
        cwd: host.folder,
        env: { XDG_RUNTIME_DIR: host.runtime },
      }).output();
      return { code, text: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
    };
    const { code, text } = await run();
    assertEquals(code, 2, text);
    assertMatch((await run("doctor")).text, /^problem +account +cannot listen as user nobody/m);
    assertMatch(
      text,
      /^denicorn: cannot listen as user nobody: 127\.0\.0\.1:\d+ needs CAP_NET_BIND_SERVICE, .*: .* set net\.ipv4\.ip_unprivileged_port_start \(now \d+\)/,
    );
  },
  (target) => reasonNotToSwitchUser(target) ?? reasonNotToListenLow() ?? reasonWithoutSetpriv(),
);

function freeLowPort(): number {
  for (let port = 600; port < 1024; port++) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch {
      // In use.
    }
  }
  throw new Error("every port from 600 to 1023 is in use");
}

function reasonNotToListenLow(): string | null {
  const start = Number(Deno.readTextFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start"));
  return start >= 1024 ? null : `every user may listen on ports from ${start} on`;
}

function reasonWithoutSetpriv(): string | null {
  try {
    return new Deno.Command("setpriv", { args: ["--help"], stdout: "null" }).outputSync().success
      ? null
      : "no setpriv";
  } catch {
    return "there is no setpriv here";
  }
}

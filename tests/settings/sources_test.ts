/** What each source accepts, and the errors about the rest. */

import { defineConfig } from "../../src/settings/define_config.ts";
import { ignoredVariables } from "../../src/settings/environment.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { NotJson } from "../../src/settings/not_json.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { refusal, resolve } from "./resolving.ts";

Deno.test("the environment: our names and those of platforms", () => {
  const { settings, origins } = resolve({
    environment: {
      DENICORN_BOOT_TIMEOUT: "2m",
      DENICORN_APP: "main.ts",
      WEB_CONCURRENCY: "auto",
      PORT: "3000",
      PATH: "/bin",
    },
    cores: 6,
  });
  assertEquals(settings.bootTimeout, 120_000);
  assertEquals(settings.app, "main.ts");
  assertEquals(settings.workers, 6);
  assertEquals(settings.bind, [{ hostname: "0.0.0.0", port: 3000 }]);
  assertEquals(origins.bootTimeout, "env DENICORN_BOOT_TIMEOUT");
  assertEquals(origins.workers, "env WEB_CONCURRENCY");
  assertEquals(origins.bind, "env PORT");
});

Deno.test("the environment: our name overrides that of a platform", () => {
  const { settings, origins } = resolve({ environment: { DENICORN_WORKERS: "3", WEB_CONCURRENCY: "5" } });
  assertEquals([settings.workers, origins.workers], [3, "env DENICORN_WORKERS"]);
});

Deno.test("the environment: commas separate the values of a repeatable setting", () => {
  const { settings } = resolve({
    environment: { DENICORN_BIND: "127.0.0.1:1, [::1]:2", DENICORN_ENV: "A=1,B=2" },
  });
  assertEquals(settings.bind, [{ hostname: "127.0.0.1", port: 1 }, { hostname: "::1", port: 2 }]);
  assertEquals(settings.env, [["A", "1"], ["B", "2"]]);
});

Deno.test("the environment: empty counts as unset", () => {
  const empty = { PORT: "", WEB_CONCURRENCY: "", DENICORN_TIMEOUT: "", DENICORN_NO_SUCH_NAME: "" };
  assertEquals(resolve({ environment: empty }), resolve({}));
});

Deno.test("the environment: mistakes", () => {
  assertEquals(
    refusal({ environment: { WEB_CONCURRENCY: "many" } }),
    'setting-invalid: workers: "many" (env WEB_CONCURRENCY) is not accepted: ' +
      "give a whole number from 1 to 1024, or auto",
  );
  assertEquals(
    refusal({ environment: { PORT: "http" } }),
    'setting-invalid: bind: "http" (env PORT) is not accepted: give a port from 0 to 65535',
  );
  assertEquals(
    refusal({ environment: { DENICORN_BIND: "127.0.0.1:1,," } }),
    'setting-invalid: bind: "" (env DENICORN_BIND) is not accepted: ' +
      "give host:port, [v6]:port or :port, with a port from 0 to 65535, perhaps after http:// or https://; or unix:PATH; or fd://NUMBER",
  );
  assertEquals(
    refusal({ environment: { DENICORN_WROKERS: "4" } }),
    "setting-unknown: DENICORN_WROKERS (environment) is unknown: did you mean DENICORN_WORKERS?",
  );
  assertEquals(
    refusal({ environment: { DENICORN_QUUX: "4" } }),
    "setting-unknown: DENICORN_QUUX (environment) is unknown: run denicorn settings for all names",
  );
});

Deno.test("the environment: what Kubernetes sets for a service named like Denicorn is no setting", () => {
  for (const service of ["DENICORN", "DENICORN_WEB", "DENICORN_XYZ_2"]) {
    resolve({
      environment: {
        [`${service}_SERVICE_HOST`]: "10.96.0.17",
        [`${service}_SERVICE_PORT`]: "8000",
        [`${service}_SERVICE_PORT_HTTP`]: "8000",
        [`${service}_SERVICE_PORT_ADMIN_2`]: "9000",
        [`${service}_PORT`]: "tcp://10.96.0.17:8000",
        [`${service}_PORT_8000_TCP`]: "tcp://10.96.0.17:8000",
        [`${service}_PORT_8000_TCP_PROTO`]: "tcp",
        [`${service}_PORT_8000_TCP_PORT`]: "8000",
        [`${service}_PORT_8000_TCP_ADDR`]: "10.96.0.17",
        [`${service}_PORT_53_UDP`]: "udp://[fd00:10:96::17]:53",
        [`${service}_PORT_53_UDP_PROTO`]: "udp",
        [`${service}_PORT_53_UDP_PORT`]: "53",
        [`${service}_PORT_53_UDP_ADDR`]: "fd00:10:96::17",
        [`${service}_PORT_9_SCTP`]: "sctp://10.96.0.17:9",
      },
    });
  }
  assertEquals(
    ignoredVariables({
      ...{ HOME: "/root", DENICORN_WORKERS: "2", WEB_PORT: "tcp://10.0.0.1:1" },
      ...{ DENICORN_SERVICE_HOST: "10.96.0.17", DENICORN_PORT: "tcp://10.96.0.17:8000" },
    }),
    ["DENICORN_PORT", "DENICORN_SERVICE_HOST"],
  );
  const mistakes = {
    DENICORN_PORT: "8000",
    DENICORN_SERVICE_PORT: "http",
    DENICORN_PORT_8000_TCP: "8000",
    DENICORN_PORT_TCP: "tcp://10.96.0.17:8000",
    DENICORN_WORKER: "tcp://10.96.0.17:8000",
  };
  for (const [name, value] of Object.entries(mistakes)) {
    assert(
      refusal({ environment: { [name]: value } }).startsWith(`setting-unknown: ${name} (environment) is `),
      name,
    );
  }
});

Deno.test("the value of an environment variable for the app is in no message", () => {
  for (
    const given of [
      { args: ["-e", "MY KEY=hunter2"] },
      { environment: { DENICORN_ENV: "A-B=hunter2" } },
      { config: { env: { "A=B": "hunter2" } } },
      { config: { env: ["A B=hunter2"] } },
    ]
  ) {
    const message = refusal(given);
    assert(message.includes("(hidden)") && !message.includes("hunter2"), message);
  }
});

Deno.test("the environment: reserved names are accepted", () => {
  const commandLine = { settings: new Map() };
  const environment = { DENICORN_WORKER_CHANNEL: "/run/link" };
  resolveSettings({ commandLine, environment, reservedVariables: ["DENICORN_WORKER_CHANNEL"], cores: 1 });
  assertThrows(() => resolveSettings({ commandLine, environment, cores: 1 }));
});

Deno.test("the config file: natural values and texts", () => {
  const config = defineConfig({
    app: "main.ts:app",
    bind: [":8000", "[::1]:8001"],
    workers: "auto",
    timeout: 1.5,
    bootTimeout: "2m",
    gracefulTimeout: "0",
    env: { A: "x", B: 2 },
    umask: "027",
    user: 1000,
    accessLogfile: undefined,
  });
  const { settings, origins } = resolve({ config, cores: 3 });
  assertEquals(settings.app, "main.ts:app");
  assertEquals(settings.bind, [{ hostname: "0.0.0.0", port: 8000 }, { hostname: "::1", port: 8001 }]);
  assertEquals(settings.workers, 3);
  assertEquals(settings.timeout, 1_500);
  assertEquals(settings.bootTimeout, 120_000);
  assertEquals(settings.gracefulTimeout, 0);
  assertEquals(settings.env, [["A", "x"], ["B", "2"]]);
  assertEquals(settings.umask, 0o27);
  assertEquals(settings.user, "1000");
  assertEquals(origins.workers, "config file denicorn.config.ts");
  assertEquals([settings.accessLogfile, origins.accessLogfile], [undefined, "default"]);
});

Deno.test("the config file: a repeatable setting takes one value or a list", () => {
  assertEquals(resolve({ config: { bind: ":1" } }).settings.bind, [{ hostname: "0.0.0.0", port: 1 }]);
  assertEquals(resolve({ config: { env: "A=1" } }).settings.env, [["A", "1"]]);
  assertEquals(resolve({ config: { env: ["A=1", "B=2"] } }).settings.env, [["A", "1"], ["B", "2"]]);
});

Deno.test("the config file: mistakes", () => {
  const file = "(config file denicorn.config.ts)";
  const count = "give a whole number from 1 to 1024, or auto";
  const refusals: readonly (readonly [config: unknown, message: string])[] = [
    [{ workers: true }, `setting-invalid: workers: true ${file} is not accepted: ${count}`],
    [{ workers: null }, `setting-invalid: workers: null ${file} is not accepted: ${count}`],
    [{ workers: [4] }, `setting-invalid: workers: [4] ${file} is not accepted: ${count}`],
    [{ workers: 1.5 }, `setting-invalid: workers: 1.5 ${file} is not accepted: ${count}`],
    [{ workers: () => 4 }, `setting-invalid: workers: a function ${file} is not accepted: ${count}`],
    [
      { env: new NotJson("a function in A") },
      `setting-invalid: env: a function in A ${file} is not accepted: give KEY=VALUE, the key of letters, digits and _`,
    ],
    [
      { env: { "A=B": "c" } },
      `setting-invalid: env: {"A=B":"(hidden)"} ${file} is not accepted: give KEY=VALUE, the key of letters, digits and _`,
    ],
    [
      { env: { A: true } },
      `setting-invalid: env: {"A":true} ${file} is not accepted: give KEY=VALUE, the key of letters, digits and _`,
    ],
    [
      { umask: 22 },
      `setting-invalid: umask: 22 ${file} is not accepted: ` +
      "give octal digits from 0 to 777, such as 022, in a config file as text",
    ],
    [{ wrokers: 4 }, `setting-unknown: wrokers ${file} is unknown: did you mean workers?`],
    [{ "boot-timeout": 4 }, `setting-unknown: boot-timeout ${file} is unknown: did you mean bootTimeout?`],
    [{ valueOf: 4 }, `setting-unknown: valueOf ${file} is unknown: run denicorn settings for all names`],
    [
      { config: "x.ts" },
      `setting-invalid: config: "x.ts" ${file} is not accepted: give it on the command line or in the environment`,
    ],
    [
      [1],
      "config-file: config file denicorn.config.ts: [1] is not accepted: export an object of settings as default",
    ],
    [
      null,
      "config-file: config file denicorn.config.ts: null is not accepted: export an object of settings as default",
    ],
  ];
  for (const [config, message] of refusals) assertEquals(refusal({ config }), message);
});

Deno.test("the command line: mistakes in values", () => {
  assertEquals(
    refusal({ args: ["--workers="] }),
    'setting-invalid: workers: "" (command line --workers) is not accepted: ' +
      "give a whole number from 1 to 1024, or auto",
  );
  assertEquals(
    refusal({ args: ["-b", ":1", "-b", "x"] }),
    'setting-invalid: bind: "x" (command line --bind) is not accepted: ' +
      "give host:port, [v6]:port or :port, with a port from 0 to 65535, perhaps after http:// or https://; or unix:PATH; or fd://NUMBER",
  );
  assertEquals(
    refusal({ args: [":x"] }),
    'setting-invalid: app: ":x" (command line APP) is not accepted: ' +
      "give path/to/module or path/to/module:export",
  );
});

Deno.test("a setting can be turned off in four spellings, and the last flag wins", () => {
  const path = "/run/my.sock";
  assertEquals(resolve({}).settings.controlSocket, undefined);
  assertEquals(resolve({ args: ["--no-control-socket"] }).settings.controlSocket, false);
  assertEquals(resolve({ args: ["--control-socket=off"] }).settings.controlSocket, false);
  assertEquals(resolve({ environment: { DENICORN_CONTROL_SOCKET: "off" } }).settings.controlSocket, false);
  assertEquals(resolve({ config: { controlSocket: false } }).settings.controlSocket, false);
  const both = ["--no-control-socket", `--control-socket=${path}`];
  assertEquals(resolve({ args: both }).settings.controlSocket, path);
  assertEquals(resolve({ args: both.toReversed() }).settings.controlSocket, false);
  assertEquals(
    resolve({ args: ["--no-control-socket"], config: { controlSocket: path } }).settings.controlSocket,
    false,
  );
});

Deno.test("off takes no value, and is only for settings that can be off", () => {
  assertEquals(
    refusal({ args: ["--no-control-socket=yes"] }),
    'usage: --no-control-socket: "yes" (command line) is not accepted: the flag takes no value',
  );
  assertEquals(
    refusal({ args: ["--no-workers"] }),
    "setting-unknown: --no-workers (command line) is unknown: did you mean --workers?",
  );
  for (const refused of [true, 0, ""]) {
    assertEquals(
      refusal({ config: { controlSocket: refused } }),
      `setting-invalid: control-socket: ${
        refused === "" ? '""' : refused
      } (config file denicorn.config.ts) is not ` +
        "accepted: give a path of at most 107 bytes, or off (in a config file also false)",
    );
  }
});

Deno.test("off is written as it is read", () => {
  const setting = namedSettings.find(({ key }) => key === "controlSocket")!;
  assertEquals([setting.show(false), setting.plain(false)], ["off", false]);
  assertEquals(setting.read(setting.plain(false), { cores: 1 }), { value: false });
  assertEquals(setting.read(setting.show(false), { cores: 1 }), { value: false });
});

Deno.test("a switch is on or off, and takes no value on the command line", () => {
  assertEquals(resolve({ args: ["--kill-group"] }).settings.killGroup, true);
  assertEquals(resolve({ args: ["--no-kill-group"], config: { killGroup: true } }).settings.killGroup, false);
  assertEquals(resolve({ config: { killGroup: true } }).settings.killGroup, true);
  assertEquals(resolve({ environment: { DENICORN_KILL_GROUP: "on" } }).settings.killGroup, true);
  assertEquals(resolve({}).settings.killGroup, undefined);
  assertEquals(
    refusal({ args: ["--kill-group=on"] }),
    'usage: --kill-group: "on" (command line) is not accepted: the flag takes no value',
  );
  assertEquals(
    refusal({ environment: { DENICORN_KILL_GROUP: "yes" } }),
    'setting-invalid: kill-group: "yes" (env DENICORN_KILL_GROUP) is not accepted: give on or off (in a config ' +
      "file also true or false)",
  );
});

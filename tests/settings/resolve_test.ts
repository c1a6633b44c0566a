import fc from "fast-check";
import { DenicornError } from "../../src/core/errors.ts";
import { parseCommandLine } from "../../src/settings/command_line.ts";
import { resolveEach, resolveSettings } from "../../src/settings/resolve.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { assertOneLine, refusal, resolve } from "./resolving.ts";

Deno.test("without any source: the defaults, Gunicorn's where it has the setting", () => {
  const { settings, origins } = resolve({});
  const { bind, backlog, workers, timeout, gracefulTimeout, logLevel, accessLogfile, pid } = settings;
  assertEquals({ bind, backlog, workers, timeout, gracefulTimeout, logLevel, accessLogfile, pid }, {
    bind: [{ hostname: "127.0.0.1", port: 8000 }],
    backlog: 2048,
    workers: 1,
    timeout: 30_000,
    gracefulTimeout: 30_000,
    logLevel: "info",
    accessLogfile: undefined,
    pid: undefined,
  });
  assertEquals(new Set(Object.values(origins)), new Set(["default"]));
});

Deno.test("default < config file < environment < command line", () => {
  const count = fc.option(fc.integer({ min: 1, max: 1024 }), { nil: undefined });
  fc.assert(fc.property(count, count, count, count, (config, alias, own, flag) => {
    const { settings, origins } = resolve({
      config: { workers: config },
      environment: {
        WEB_CONCURRENCY: String(alias ?? ""),
        DENICORN_WORKERS: String(own ?? ""),
      },
      args: flag === undefined ? [] : ["--workers", String(flag)],
    });
    const expected = flag !== undefined
      ? [flag, "command line --workers"]
      : own !== undefined
      ? [own, "env DENICORN_WORKERS"]
      : alias !== undefined
      ? [alias, "env WEB_CONCURRENCY"]
      : config !== undefined
      ? [config, "config file denicorn.config.ts"]
      : [1, "default"];
    assertEquals([settings.workers, origins.workers], expected);
  }));
});

Deno.test("the three sources read every value the same way, and each is named as the origin", () => {
  const samples: Record<string, string> = {
    app: "main.ts",
    appType: "node",
    config: "",
    chdir: "/srv",
    env: "A=1",
    envFile: ".env",
    external: "@scope/name",
    args: "x",
    watch: "on",
    bundleCache: "off",
    bind: "[::1]:9000",
    certfile: "server.pem",
    keyfile: "server.key",
    redirectHttp: ":80",
    unixSocketMode: "600",
    unixSocketOwner: "app:www-data",
    backlog: "10",
    steering: "off",
    http2: "on",
    compress: "on",
    forwardedAllowIps: "10.0.0.0/8",
    requestIdHeader: "x-trace-id",
    static: "/assets=./public",
    proxyProtocol: "on",
    keepAlive: "5s",
    headerTimeout: "20s",
    bodyTimeout: "0",
    writeTimeout: "2m",
    drainStreamsAfter: "5s",
    requestTimeout: "30s",
    limitRequestBody: "10M",
    limitRequestLine: "8190",
    limitRequestFields: "50",
    limitConcurrency: "64",
    queueSize: "20",
    queueTimeout: "2s",
    workers: "auto",
    workerClass: "sync",
    threads: "auto",
    spareWorkers: "2",
    bootTimeout: "5s",
    prepareTimeout: "20m",
    readyPath: "/healthz",
    timeout: "500ms",
    stallAfter: "200ms",
    slowRequest: "5s",
    gracefulTimeout: "2m",
    shutdownTimeout: "9s",
    shutdownDelay: "5s",
    drainIdle: "50ms",
    reloadSurge: "50%",
    maxOldGenerations: "5",
    maxRequests: "500",
    maxRequestsJitter: "50",
    maxLifetime: "1h",
    maxLifetimeJitter: "10m",
    maxHeap: "auto",
    maxMemory: "1G",
    maxMemoryJitter: "100M",
    channelUrl: "redis://:secret@127.0.0.1:6379/1?prefix=shop",
    minWorkers: "2",
    maxWorkers: "8",
    targetConcurrency: "20",
    scaleBacklog: "5",
    scaleUpBusy: "80%",
    scaleDownBusy: "20",
    idleTimeout: "1m",
    memoryBudget: "2G",
    tasks: "tasks.ts",
    taskStore: "redis://127.0.0.1:6379/1",
    taskWorkers: "2",
    minTaskWorkers: "1",
    maxTaskWorkers: "8",
    taskConcurrency: "20",
    taskBacklog: "50",
    tasksInWorkers: "on",
    taskLease: "10s",
    taskRetention: "24h",
    taskSizeLimit: "1M",
    logLevel: "debug",
    logFormat: "json",
    errorLogfile: "error.log",
    accessLogfile: "-",
    accessLogformat: "%(h)s %(s)s",
    accessLogSample: "1.5%",
    accessLogSkip: "/healthz",
    captureOutput: "on",
    pid: "master.pid",
    controlSocket: "/run/c.sock",
    user: "www-data",
    group: "1000",
    killGroup: "on",
    umask: "027",
    adminBind: "127.0.0.1:9000",
    adminToken: "0123456789abcdef",
    adminTokenFile: "token",
    statsdHost: "localhost:8125",
    otlpEndpoint: "http://127.0.0.1:4318",
  };
  assertEquals(Object.keys(samples), namedSettings.map(({ key }) => key), "a sample for each setting");
  for (const { key, name, variable, flag, isSwitch } of namedSettings.filter(({ key }) => key !== "config")) {
    const text = samples[key] ?? "";
    // Jitter and a queue are refused without their limit.
    const limit = key.startsWith("queue") ? "limitConcurrency" : key.replace("Jitter", "");
    // Arguments follow the app.
    const pair = { certfile: "other.pem", keyfile: "other.key" };
    const config = key === "args"
      ? { app: "x" }
      : ["certfile", "keyfile", "redirectHttp"].includes(key)
      ? pair
      : key.startsWith("unixSocket")
      ? { bind: ["unix:app.sock"] }
      : key === "threads"
      ? { workerClass: "threads" }
      : limit === key
      ? {}
      : { [limit]: samples[limit] };
    const fromFile = resolve({ config: { ...config, [key]: text } });
    const fromEnvironment = resolve({ config, environment: { [variable]: text } });
    const fromCommandLine = resolve({
      config,
      args: key === "args"
        ? ["x", "--", text]
        : flag === false
        ? [text]
        : isSwitch
        ? [`--${name}`]
        : [`--${name}`, text],
    });
    assertEquals(fromEnvironment.settings, fromFile.settings);
    assertEquals(fromCommandLine.settings, fromFile.settings);
    assert(
      JSON.stringify(fromFile.settings) !== JSON.stringify(resolve({ config }).settings),
      `${key} did not change`,
    );
    assertEquals(fromFile.origins[key], "config file denicorn.config.ts");
    assertEquals(fromEnvironment.origins[key], `env ${variable}`);
    assertEquals(
      fromCommandLine.origins[key],
      `command line ${flag === false ? key.toUpperCase() : `--${name}`}`,
    );
  }
});

Deno.test("a list of a higher source replaces the whole list", () => {
  const { settings } = resolve({
    config: { bind: [":1", ":2"], env: { A: "1" } },
    args: ["-b:3", "-e", "B=2"],
  });
  assertEquals(settings.bind, [{ hostname: "0.0.0.0", port: 3 }]);
  assertEquals(settings.env, [["B", "2"]]);
});

Deno.test("if a flag is repeated the last one wins", () => {
  assertEquals(resolve({ args: ["-w2", "--workers", "4"] }).settings.workers, 4);
});

Deno.test("a mistake is an error even if a higher source overrides it", () => {
  assertEquals(
    refusal({ environment: { WEB_CONCURRENCY: "many" }, args: ["--workers", "4"] }),
    'setting-invalid: workers: "many" (env WEB_CONCURRENCY) is not accepted: ' +
      "give a whole number from 1 to 1024, or auto",
  );
});

Deno.test("port 0 is refused with more than one worker, and both are named", () => {
  assertEquals(resolve({ args: ["-b:0"] }).settings.bind, [{ hostname: "0.0.0.0", port: 0 }]);
  assertEquals(
    refusal({ args: ["-b", "localhost:0"], environment: { WEB_CONCURRENCY: "2" } }),
    'setting-invalid: bind: "localhost:0" (command line --bind) is not accepted with workers = 2 ' +
      "(env WEB_CONCURRENCY): give a port from 1 to 65535, or one worker",
  );
});

Deno.test("port 0 is refused with a range of workers too", () => {
  const bind = 'setting-invalid: bind: "127.0.0.1:0" (command line --bind) is not accepted with ';
  assertEquals(
    refusal({ args: ["-b", "127.0.0.1:0", "--max-workers", "4"] }),
    `${bind}max-workers = 4 (command line --max-workers): give a port from 1 to 65535, or one worker`,
  );
  assert(refusal({ args: ["-b", "127.0.0.1:0", "--min-workers", "1"] }).startsWith(`${bind}min-workers = 1`));
  resolve({ args: ["-b:0", "--max-workers", "1"] });
});

Deno.test("a fixed number and a range are refused together, and both are named", () => {
  assertEquals(
    refusal({ args: ["--max-workers", "8"], environment: { WEB_CONCURRENCY: "2" } }),
    "setting-invalid: workers: 2 (env WEB_CONCURRENCY) is not accepted with max-workers = 8 " +
      "(command line --max-workers): give a fixed number, or min-workers and max-workers",
  );
  assert(refusal({ args: ["--min-workers", "8", "-w1"] }).includes("with min-workers = 8"));
});

Deno.test("empty ranges are refused", () => {
  assertEquals(
    refusal({ args: ["--min-workers", "8"], environment: { DENICORN_MAX_WORKERS: "4" } }),
    "setting-invalid: min-workers: 8 (command line --min-workers) is not accepted with max-workers = 4 " +
      "(env DENICORN_MAX_WORKERS): give at most 4",
  );
  assertEquals(
    refusal({ args: ["--scale-down-busy", "70"] }),
    "setting-invalid: scale-down-busy: 70% (command line --scale-down-busy) is not accepted with " +
      "scale-up-busy = 70% (default): give less than 70%",
  );
});

Deno.test("a config file may complete a range that another source begins", () => {
  const commandLine = parseCommandLine(["-c", "a.json", "--scale-down-busy", "75"], {
    takesSettings: true,
    options: [],
  });
  assertEquals(resolveEach({ commandLine, environment: {}, cores: 1 }).settings.config, "a.json");
});

Deno.test("a pidfile or control socket in the place of another file is refused; both logs may be one file", () => {
  for (
    const [args, text] of [
      [
        ["--pid", "x", "--error-logfile", "x"],
        'pid: "x" (command line --pid) is not accepted: error-logfile (command line --error-logfile)',
      ],
      [
        ["--pid", "main.ts", "main.ts"],
        'pid: "main.ts" (command line --pid) is not accepted: app (command line APP)',
      ],
      [
        ["--control-socket", "x", "--pid", "x"],
        'pid: "x" (command line --pid) is not accepted: control-socket (command line --control-socket)',
      ],
      [
        ["--control-socket", "x", "-c", "x"],
        'control-socket: "x" (command line --control-socket) is not accepted: config (command line --config)',
      ],
    ] as const
  ) {
    assertEquals(refusal({ args }), `setting-invalid: ${text} names the same file: give another one`);
  }
  resolve({ args: ["--error-logfile", "x", "--access-logfile", "x", "--no-control-socket"] });
});

Deno.test("a repeated address is refused, however it is spelled", () => {
  assertEquals(
    refusal({ args: ["-b", "[::1]:80", "-b", "localhost:80", "-b", "[0:0::1]:80"] }),
    'setting-invalid: bind: "[::1]:80" (command line --bind) is given twice: give each address once',
  );
  resolve({ args: ["-b:80", "-b:81", "-b", "localhost:80"] });
  resolve({ args: ["-b:0", "-b:0"] });
});

Deno.test("a queue is refused where nothing waits", () => {
  assertEquals(
    refusal({ args: ["--queue-size", "5"] }),
    'setting-invalid: queue-size: "5" (command line --queue-size) is not accepted without limit-concurrency or ' +
      "worker-class sync: give one of them as well, or leave queue-size out",
  );
  refusal({ config: { queueTimeout: 1 } });
  resolve({ args: ["--queue-size=5", "--queue-timeout=1", "--limit-concurrency=2"] });
});

Deno.test("workers of the class sync have a queue, and no other limit", () => {
  resolve({ args: ["-k", "sync", "--queue-size=5", "--queue-timeout=1"] });
  assertEquals(
    refusal({ args: ["--limit-concurrency", "2"], environment: { DENICORN_WORKER_CLASS: "sync" } }),
    'setting-invalid: limit-concurrency: "2" (command line --limit-concurrency) is not accepted with worker-class = sync ' +
      "(env DENICORN_WORKER_CLASS), which handles one request at a time: leave one of them out",
  );
  assertMatch(
    refusal({ args: ["-k", "sync", "--target-concurrency", "10"] }),
    /^setting-invalid: target-concurrency: "10" /,
  );
});

Deno.test("an unknown class of workers is refused with those that there are, and what Gunicorn's are here", () => {
  assertEquals(
    refusal({ args: ["-k", "gevent"] }),
    'setting-invalid: worker-class: "gevent" (command line --worker-class) is not accepted: give async, sync or threads; async is also what ' +
      "gevent, eventlet, tornado and gthread are for in Gunicorn",
  );
  refusal({ config: { workerClass: "Sync" } });
});

Deno.test("jitter is refused without its limit", () => {
  assertEquals(
    refusal({ args: ["--max-requests-jitter", "50"] }),
    'setting-invalid: max-requests-jitter: "50" (command line --max-requests-jitter) is not accepted without ' +
      "max-requests: give max-requests as well, or leave max-requests-jitter out",
  );
  assertEquals(
    refusal({ config: { maxLifetime: 0 }, environment: { DENICORN_MAX_LIFETIME_JITTER: "2m" } }),
    'setting-invalid: max-lifetime-jitter: "120s" (env DENICORN_MAX_LIFETIME_JITTER) is not accepted without ' +
      "max-lifetime: give max-lifetime as well, or leave max-lifetime-jitter out",
  );
  refusal({ args: ["--max-memory-jitter=64M"] });
  // Jitter may be larger than its limit.
  assertEquals(
    resolve({ args: ["--max-requests=5", "--max-requests-jitter=50"] }).settings.maxRequestsJitter,
    50,
  );
  resolve({ args: ["--max-requests-jitter=0", "--max-lifetime-jitter=0", "--max-memory-jitter=0"] });
});

Deno.test("limits of workers that make no sense are refused", () => {
  const refused = ["-1", "1.5", "many", "1K"].map((text) => ["--max-requests", text]).concat(
    ["999ms", "9000h", "-1", "soon"].map((text) => ["--max-lifetime", text]),
    ["63M", "2T", "1e9", "lots"].map((text) => ["--max-memory", text]),
  );
  for (const [flag, text] of refused) {
    assert(refusal({ args: [`${flag}=${text}`] }).startsWith(`setting-invalid: ${flag!.slice(2)}: `), text);
  }
});

Deno.test("any input is resolved, or refused in one line with exit code 2", () => {
  const arg = fc.oneof(
    fc.string(),
    fc.constantFrom("-w", "-b", "-e", "--", "-", "--workers", "--bind", "--timeout", "-h", "=", "--app=x"),
    fc.constantFrom("--workers=", "-w=", "-e=", "---", "--=", "-=", "__proto__=1", "--__proto__=1"),
    fc.tuple(fc.constantFrom(...namedSettings), fc.string()).map(([{ name }, text]) => `--${name}=${text}`),
  );
  const variable = fc.oneof(
    fc.constantFrom("PORT", "WEB_CONCURRENCY", ...namedSettings.map(({ variable }) => variable)),
    fc.string().map((name) => `DENICORN_${name}`),
  );
  const key = fc.oneof(fc.constantFrom(...namedSettings.map(({ key }) => key)), fc.string());
  const config = fc.oneof(fc.dictionary(key, fc.anything()), fc.anything());
  const environment = fc.dictionary(variable, fc.string(), { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(arg), environment, config, (args, environment, values) => {
      try {
        const commandLine = parseCommandLine(args, { takesSettings: true, options: [] });
        const configFile = { path: "denicorn.config.ts", values };
        resolveSettings({ commandLine, environment, configFile, cores: 2 });
      } catch (error) {
        assert(error instanceof DenicornError, String(error));
        assertOneLine(error);
      }
    }),
    { numRuns: 500 },
  );
});

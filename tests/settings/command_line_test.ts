import { type CommandLine, type CommandOption, parseCommandLine } from "../../src/settings/command_line.ts";
import { knownPeerFlags, peerFlagAnswer } from "../../src/settings/peer_flags.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { DenicornError } from "../../src/core/errors.ts";
import { assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { assertOneLine } from "./resolving.ts";

const options: readonly CommandOption[] = [
  { name: "format", placeholder: "FORMAT", choices: ["text", "json"], description: "How." },
  { name: "socket", placeholder: "FILE", description: "Where." },
  { name: "json", short: "j", description: "In JSON." },
];

function parse(...args: string[]): CommandLine {
  return parseCommandLine(args, { takesSettings: true, options });
}

function settings(...args: string[]): Record<string, readonly string[]> {
  return Object.fromEntries(parse(...args).settings);
}

function refusal(...args: string[]): string {
  const error = assertThrows(() => parse(...args), DenicornError);
  assertOneLine(error);
  return `${error.code}: ${error.message}`;
}

Deno.test("a flag and its value can be written in five ways", () => {
  for (const args of [["-w4"], ["-w=4"], ["-w", "4"], ["--workers=4"], ["--workers", "4"]]) {
    assertEquals(settings(...args), { workers: ["4"] }, args.join(" "));
  }
});

Deno.test("values keep every character", () => {
  assertEquals(settings("-wauto"), { workers: ["auto"] });
  assertEquals(settings("-eKEY=a=b"), { env: ["KEY=a=b"] });
  assertEquals(settings("--env=KEY=a=b"), { env: ["KEY=a=b"] });
  assertEquals(settings("-b:8000"), { bind: [":8000"] });
  assertEquals(settings("-blocalhost:8000"), { bind: ["localhost:8000"] });
  assertEquals(settings("-p/run/a b.pid"), { pid: ["/run/a b.pid"] });
  assertEquals(settings("-cconf.d/x.ts"), { config: ["conf.d/x.ts"] });
  assertEquals(settings("--env", "A=1\n2"), { env: ["A=1\n2"] });
  assertEquals(settings("--umask", "022"), { umask: ["022"] });
  assertEquals(settings("--pid=--"), { pid: ["--"] });
  assertEquals(settings("--pid", "true"), { pid: ["true"] });
});

Deno.test("a lone dash is a value", () => {
  assertEquals(settings("--access-logfile", "-"), { accessLogfile: ["-"] });
  assertEquals(settings("--access-logfile=-", "app.ts"), { app: ["app.ts"], accessLogfile: ["-"] });
});

Deno.test("an empty value is a value, to be refused by its setting", () => {
  assertEquals(settings("--workers="), { workers: [""] });
  assertEquals(settings("--workers", ""), { workers: [""] });
});

Deno.test("a negative number is a value and an operand, not a flag", () => {
  assertEquals(settings("--timeout", "-5"), { timeout: ["-5"] });
  assertEquals(settings("-w", "-1"), { workers: ["-1"] });
  const ctl = parseCommandLine(["scale", "-2"], { takesSettings: false, options });
  assertEquals(ctl.operands, ["scale", "-2"]);
});

Deno.test("the operand is the app, with any spelling and at any position", () => {
  assertEquals(settings("main.ts:app"), { app: ["main.ts:app"] });
  assertEquals(settings("123"), { app: ["123"] });
  assertEquals(settings("0x10"), { app: ["0x10"] });
  assertEquals(settings("-w", "2", "main.ts", "-b", ":1"), {
    app: ["main.ts"],
    workers: ["2"],
    bind: [":1"],
  });
  assertEquals(settings("--", "--workers"), { app: ["--workers"] });
  assertEquals(settings("-w2", "--", "-b"), { workers: ["2"], app: ["-b"] });
});

Deno.test("what follows -- after the app are its arguments", () => {
  assertEquals(settings("main.ts", "-w2", "--", "-b", "", "--", "x"), {
    app: ["main.ts"],
    workers: ["2"],
    args: ["-b", "", "--", "x"],
  });
  assertEquals(settings("--", "main.ts", "-b"), { app: ["main.ts"], args: ["-b"] });
  assertEquals(settings("main.ts", "--"), { app: ["main.ts"] });
  const ctl = parseCommandLine(["scale", "--", "-x"], { takesSettings: false, options });
  assertEquals(ctl.operands, ["scale", "-x"]);
});

Deno.test("a second operand is refused", () => {
  assertEquals(
    refusal("main.ts", "check"),
    'usage: "check" (command line) is an extra operand after "main.ts": ' +
      "give one APP, and its own arguments after --; a command must be the first word",
  );
});

Deno.test("a repeated flag keeps all its values in their order", () => {
  assertEquals(settings("-b:1", "--bind", ":2", "--bind=:3"), { bind: [":1", ":2", ":3"] });
  assertEquals(settings("-w1", "--workers=2"), { workers: ["1", "2"] });
});

Deno.test("the error about a missing value says what is accepted", () => {
  assertEquals(
    refusal("--log-format"),
    "usage: --log-format (command line) lacks its value, nothing follows: give text or json",
  );
  assertEquals(
    refusal("-p", "--workers", "2"),
    'usage: -p (command line) lacks its value, "--workers" follows: give the path of a file',
  );
  assertEquals(
    refusal("-p", "--"),
    'usage: -p (command line) lacks its value, "--" follows: give the path of a file',
  );
});

Deno.test("an unknown flag suggests the nearest", () => {
  assertEquals(
    refusal("--wrokers", "4"),
    "setting-unknown: --wrokers (command line) is unknown: did you mean --workers?",
  );
  assertEquals(
    refusal("--no-workers=3"),
    "setting-unknown: --no-workers (command line) is unknown: did you mean --workers?",
  );
  assertEquals(
    refusal("--quux=3"),
    "setting-unknown: --quux (command line) is unknown: run denicorn help --all for all options",
  );
  assertEquals(refusal("--jsn"), "setting-unknown: --jsn (command line) is unknown: did you mean --json?");
});

Deno.test("an unknown letter suggests the other case, or a flag with two dashes", () => {
  assertEquals(refusal("-B4"), "setting-unknown: -B (command line) is unknown: did you mean -b?");
  for (const name of ["-timeout", "-workers", "-bind"]) {
    assertEquals(
      refusal(name, "3"),
      `setting-unknown: ${name} (command line) is unknown: did you mean -${name}?`,
    );
  }
  assertEquals(
    refusal("-spare-workers", "3"),
    "setting-unknown: -spare-workers (command line) is unknown: did you mean --spare-workers?",
  );
  assertEquals(
    refusal("-z"),
    "setting-unknown: -z (command line) is unknown: run denicorn help --all for all options",
  );
  assertEquals(
    refusal("-jz"),
    "setting-unknown: -jz (command line) is unknown: run denicorn help --all for all options",
  );
});

Deno.test("names that every object has are not flags", () => {
  for (const name of ["__proto__", "constructor", "toString", "_", "a.b"]) {
    assertEquals(refusal(`--${name}=1`).split(":")[0], "setting-unknown", name);
  }
});

Deno.test("options of a command", () => {
  const { options, operands } = parse("--format", "json", "-jh", "--socket=/run/s", "app.ts");
  assertEquals(Object.fromEntries(options), { format: "json", json: true, help: true, socket: "/run/s" });
  assertEquals(operands, ["app.ts"]);
  assertEquals(parse("--format=json", "--format=text").options.get("format"), "text");
  assertEquals(
    refusal("--format", "xml"),
    'usage: --format: "xml" (command line) is not accepted: give text or json',
  );
  assertEquals(
    refusal("--json=1"),
    'usage: --json: "1" (command line) is not accepted: the flag takes no value',
  );
  assertEquals([...parse().options], []);
});

Deno.test("a command without settings does not accept their flags", () => {
  const parseCtl = (...args: string[]) => parseCommandLine(args, { takesSettings: false, options });
  assertEquals(parseCtl("status", "reload").settings.size, 0);
  assertEquals(parseCtl("status", "reload").operands, ["status", "reload"]);
  assertThrows(() => parseCtl("--workers", "2"), DenicornError, "--workers (command line) is unknown");
});

Deno.test("--host and --port are no second address", () => {
  assertEquals(parse("--host", "[::1]", "--port", "1", "--port", "2").address, { hostname: "::1", port: 2 });
  assertEquals(parse("-w", "2").address, null);
  assertEquals(
    refusal("--port", "9000", "-b", ":1"),
    'usage: --port (command line) and --bind ":1" both name an address: give one',
  );
  assertEquals(
    refusal("--port", "70000"),
    'usage: --port: "70000" (command line) is not accepted: give a port from 0 to 65535',
  );
});

Deno.test("--watch and --reload may be given a word", () => {
  assertEquals(settings("--watch", "main.ts"), { app: ["main.ts"], watch: ["on"] });
  assertEquals(settings("--watch=no-refresh"), { watch: ["no-refresh"] });
  assertEquals(settings("--reload=no-refresh"), { watch: ["no-refresh"] });
  assertEquals(settings("--no-watch"), { watch: ["off"] });
});

Deno.test("a flag of another server gets its answer, not the most similar name", () => {
  assertEquals(
    refusal("--instances", "4"),
    "setting-unknown: --instances (command line) is a flag of PM2: give -w auto for a worker on each core, or -w N",
  );
  assertEquals(
    refusal("-o", "out.log"),
    "setting-unknown: -o (command line) is a flag of PM2: give --capture-output and --error-logfile FILE",
  );
});

Deno.test("no flag of another server is one of ours, and each answer names only ours", () => {
  const ours = new Set(
    namedSettings.flatMap(({ name, short }) => [`--${name}`, `--no-${name}`, `-${short}`]),
  );
  assertEquals(knownPeerFlags.filter((flag) => ours.has(flag)), []);
  assertEquals(new Set(knownPeerFlags).size, knownPeerFlags.length);
  for (const flag of knownPeerFlags) {
    const named = peerFlagAnswer(flag)?.match(/(?<=give |and |or )--?[\w-]+/g) ?? [];
    assertEquals(named.filter((name) => !ours.has(name)), [], flag);
  }
});

Deno.test("a flag that users of Gunicorn, PM2 or deno serve type is ours or has an answer", () => {
  const ours = namedSettings.flatMap(({ name, short }) => [`--${name}`, `-${short}`]);
  const typed = [
    "-b -w -k -t -c -e -p -u -g -m -n -D -R --backlog --spew --paste --pythonpath --initgroups --reuse-port",
    "--no-sendfile --reload-engine --limit-request-field_size --logger-class --log-config-json --log-syslog-to",
    "--enable-stdio-inheritance --statsd-prefix --proxy-allow-from --ciphers --ca-certs",
    "-i -f -o -l --log --error --merge-logs --time --cron --update-env --max-restarts --ignore-watch --interpreter",
    "-A -R -W -N -E -S -P --allow-sys --deny-net --watch-hmr --inspect --no-check --no-lock --frozen --unstable-kv",
    "--import-map --node-modules-dir --quiet -q",
  ].join(" ").split(" ");
  assertEquals(typed.filter((flag) => !ours.includes(flag) && !knownPeerFlags.includes(flag)), []);
});

Deno.test("deno serve --parallel is answered with a worker on each core, because the default is one worker", () => {
  assertMatch(peerFlagAnswer("--parallel")!, /give -w auto/);
});

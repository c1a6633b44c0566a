/**
 * Every command in the README and in docs/ is run: by the test of its page, or here. What starts a server is run as
 * `denicorn check`, which reads the settings and loads the app; what cannot run here has a reason in one table.
 */

import { assert, assertEquals } from "../assert.ts";
import { commands } from "../../src/cli/commands.ts";
import { pidApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";

const root = new URL("../../", import.meta.url);

/** Pages whose commands have a test of their own, which starts servers with them. */
const ownTests: Readonly<Record<string, string>> = {
  "docs/tutorial.md": "tests/integration/tutorial_page_test.ts",
  "docs/logging.md": "tests/integration/logging_page_test.ts",
  "docs/systemd.md": "tests/integration/systemd_page_test.ts",
  "docs/process.md": "tests/integration/process_page_test.ts",
  "docs/deployment.md": "tests/integration/deployment_page_test.ts",
};

/** Why commands that begin like this are not run. */
const notRun: Readonly<Record<string, string>> = {
  "make ": "builds and tests the checkout: .ci/run does that",
  "sha256sum ": "needs the files of a release: make dist makes them",
  "tar -xzf denicorn-": "needs the files of a release: archive_test.ts unpacks an archive",
  "install -": "writes into the system",
  "npm install ": "writes into the system: npm_package_test.ts installs the packages elsewhere",
  "apt-get install ": "writes into the system: debian_package_test.ts installs the package elsewhere",
  "systemctl ": "needs a running systemd: systemd_page_test.ts checks the units",
  "cp denicorn-": "needs the files of a release",
  "cp deploy/": "puts a file where the next command wants it: manifests_test.ts reads those files",
  "docker ": "needs Docker: manifests_test.ts and containers_test.ts try what it would run",
  "kubectl ": "needs a cluster: manifests_test.ts reads the manifest",
  "gunicorn ": "another server, to compare with",
  "pm2 ": "another server, to compare with",
  "deno serve ": "another server, to compare with",
  "OTEL_DENO=": "needs a receiver of OpenTelemetry: otlp_test.ts has one",
  "kill ": "a signal: signals_test.ts sends each of them",
  "echo ": "changes files of the user: completions_test.ts runs it in another directory",
  "mkdir -p ~/.config/fish": "changes files of the user: completions_test.ts runs it in another directory",
  "denicorn -w 4 --channel-url": "needs Redis: channel_machines_test.ts starts one",
  "denicorn --bind :8443": "needs a certificate: tls_test.ts makes one",
};

const pages = [
  "README.md",
  ...Array.from(Deno.readDirSync(new URL("docs/", root)), ({ name }) => `docs/${name}`)
    .filter((name) => name.endsWith(".md")).sort(),
];

/** The lines of the `sh` blocks of a page, without comments. */
function commandsOf(page: string): string[] {
  const text = Deno.readTextFileSync(new URL(page, root));
  return [...text.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].flatMap(([, block]) => block!.trim().split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim());
}

const isNotRun = (line: string) => Object.keys(notRun).some((start) => line.startsWith(start));

/** A command that starts a server, also as the last of several: it would serve until it is stopped. */
const starts = new RegExp(
  `(^|&& )(?:dist/)?denicorn(?= |$)(?! (?:${commands.map(({ name }) => name).join("|")})\\b)`,
  "g",
);

/** Files that the commands name. */
const files = {
  ...{ "main.ts": pidApp, "app.ts": pidApp, "server.js": pidApp, "examples/hello/main.ts": pidApp },
  ...{ "public/a.txt": "a", "site/index.html": "b", "dist/assets/c.css": "c" },
};

async function run(host: TestHost, line: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-ec", line.replace(starts, "$1denicorn check")],
    cwd: host.folder,
    env: { ...host.environment, PATH: `${host.folder}/bin:${Deno.env.get("PATH")}` },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
  }).output();
  assertEquals(code, 0, `${line}\n${new TextDecoder().decode(stderr)}`);
}

for (const page of pages.filter((page) => ownTests[page] === undefined)) {
  const lines = commandsOf(page).filter((line) => !isNotRun(line));
  if (lines.length === 0) continue;
  testOnOneTarget(`${page}: its commands`, async (host) => {
    const program = host.target.command.map((word) => `'${word}'`).join(" ");
    host.write({ ...files, "bin/denicorn": `#!/bin/sh\nexec ${program} "$@"\n` });
    Deno.chmodSync(`${host.folder}/bin/denicorn`, 0o755);
    for (const line of lines) await run(host, line);
  });
}

Deno.test("the table names only commands that pages have, and tests that are there", () => {
  const lines = pages.filter((page) => ownTests[page] === undefined).flatMap(commandsOf);
  assertEquals(Object.keys(notRun).filter((start) => !lines.some((line) => line.startsWith(start))), []);
  for (const [page, test] of Object.entries(ownTests)) {
    assert(Deno.readTextFileSync(new URL(test, root)).includes(page), `${test} reads ${page}`);
    assert(commandsOf(page).length > 0, page);
  }
});

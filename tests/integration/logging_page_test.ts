/** The commands of docs/logging.md work: each starts a server, whose access log then has a line for each request. */

import { assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import { SyslogServer } from "./syslog_server.ts";

const page = Deno.readTextFileSync(new URL("../../docs/logging.md", import.meta.url));

/** The lines of all `sh` blocks that start a server. */
const starts = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block]) => block!.trim().split("\n"))
  .filter((line) => /^denicorn .*main\.ts$/.test(line));

/** The words of a command as a shell reads them. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

/** What the page says that such a start writes; the parts that differ each time are patterns. */
const expected: Readonly<Record<string, RegExp>> = {
  "--access-logformat": /^(127\.0\.0\.1 "GET \/a\?b=1 HTTP\/1\.1" 200 2 \d+ 127\.0\.0\.1:\d+\n)+$/,
};

for (const command of starts) {
  testOnOneTarget(`docs/logging.md: ${command}`, async (host) => {
    using syslog = new SyslogServer({ hostname: "127.0.0.1", port: 0 });
    const socket = `${host.folder}/log.sock`;
    using local = new SyslogServer({ path: socket });
    const here = command.replace(":5514", `:${syslog.port}`).replace("/dev/log", socket);
    const [program, ...args] = wordsOf(here);
    assertEquals([program, args.pop()], ["denicorn", "main.ts"]);
    const server = host.start({ files: { "main.ts": `export default () => new Response("ok");\n` }, args });
    await server.until("an answer", async () => await server.text("/a?b=1").catch(() => "") === "ok");
    if (!here.includes("logfile")) return void await server.logged(/^\{"time":.*"message":"ready after /m);
    // With a sample, a line comes at some time.
    const isSampled = args.includes("--access-log-sample");
    do assertEquals(await server.text("/a?b=1"), "ok"); while (
      isSampled && Deno.readTextFileSync(`${host.folder}/access.log`) === ""
    );
    if (args.some((arg) => arg.startsWith("syslog:"))) {
      await server.until("the lines", () => local.messages.length > 2 && syslog.messages.length > 0);
      assertMatch(
        local.messages[0]!,
        /^<30>1 \S+ \S+ denicorn \d+ error - master .*: starting main/,
      );
      assertMatch(local.messages[2]!, /^<30>1 \S+ \S+ denicorn \d+ error - worker=0 /);
      return assertMatch(syslog.messages[0]!, /^<134>1 \S+ \S+ shop \d+ access - 127\.0\.0\.1 - - /);
    }
    const text = await server.until(
      "the line",
      () => Deno.readTextFileSync(`${host.folder}/access.log`) || false,
    );
    const known = Object.entries(expected).find(([name]) => args.includes(name));
    if (known !== undefined) assertMatch(text, known[1]);
  });
}

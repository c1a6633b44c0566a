/** `Deno.cron` runs in one worker. The runtime's variable for tests makes each job due again after some milliseconds. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

const interval = 200;
const env = { DENO_CRON_TEST_SCHEDULE_OFFSET: String(interval) };

/** Prints each run of its job, with the process id. */
const main = (job = `console.log("ran " + Deno.pid + ".");`, options = "{}") => `
Deno.cron("report", "0 3 * * *", ${options}, async () => { ${job} });
export default (request: Request) => {
  if (request.url.endsWith("/end")) Deno.exit(1);
  return new Response(String(Deno.pid));
};
`;

const files = (source = main()) => ({ "main.ts": source, "deno.json": `{ "unstable": ["cron"] }` });

/** The process ids of the runs after the first `from` characters of the output. */
function runs({ stdout }: Server, from = 0): string[] {
  return Array.from(stdout.slice(from).matchAll(/ran (\d+)\./g), ([, pid]) => pid!);
}

testOnOneTarget(
  "a job runs in one worker, in another one after a death, and in a new one after a reload",
  async (host) => {
    const server = host.start({ files: files(), args: ["--workers", "2"], env });
    const [first, second] = await server.ready(2);
    const line = (pid: number) =>
      new RegExp(`pid=${pid} +runs the jobs of Deno\\.cron, for all workers: report\n`);
    await server.logged(line(first!.pid));
    await server.until("some runs", () => runs(server).length > 4);
    assertEquals(new Set(runs(server)), new Set([String(first!.pid)]));
    assert(!line(second!.pid).test(server.stderr));

    Deno.kill(first!.pid, "SIGKILL");
    await server.logged(line(second!.pid));
    let from = server.stdout.length;
    await server.until("some runs", () => runs(server, from).length > 4);
    assertEquals(new Set(runs(server, from)), new Set([String(second!.pid)]));

    await server.ready(2);
    server.kill("SIGHUP");
    const workers = await server.ready(2, 2);
    const [, holder] = await server.logged(/gen=2 pid=(\d+) +runs the jobs/);
    assert(workers.some(({ pid }) => String(pid) === holder));
    await server.until("a run of the new generation", () => runs(server).at(-1) === holder);
    from = server.stdout.length;
    await server.until("some runs", () => runs(server, from).length > 4);
    assertEquals(new Set(runs(server, from)), new Set([holder!]));
    assertEquals(server.stderr.match(/runs the jobs/g)?.length, 3);
  },
);

testOnOneTarget("a successor runs the jobs when the old master has retired", async (host) => {
  const server = host.start({ files: files(), env });
  const [old] = await server.ready(1);
  await server.until("a run", () => runs(server).length > 0);
  server.kill("SIGUSR2");
  await server.upgraded();
  const [next] = await server.ready(1);
  await server.until("a run of the new worker", () => runs(server).at(-1) === String(next!.pid));
  const order = runs(server).join(" ").replaceAll(String(old!.pid), "old").replaceAll(
    String(next!.pid),
    "new",
  );
  assertMatch(order, /^(old )+new( new)*$/);
});

testOnOneTarget("a running job is waited for, and named if it is cut", async (host) => {
  const slow = (ms: number) =>
    main(
      `console.log("began"); await new Promise((resolve) => setTimeout(resolve, ${ms})); console.log("ended");`,
    );
  const waited = host.start({ files: files(slow(1_500)), env });
  await waited.ready(1);
  await waited.until("a job", () => waited.stdout.includes("began"));
  waited.kill("SIGTERM");
  assertEquals((await waited.exit()).code, 0);
  assert(waited.stdout.endsWith("ended\n"));
  assertEquals(waited.stdout.match(/began/g)?.length, waited.stdout.match(/ended/g)?.length);

  const cut = host.start({
    files: files(slow(60_000)),
    env,
    args: ["--graceful-timeout", "1s", "--shutdown-timeout", "1s"],
  });
  await cut.ready(1);
  await cut.until("a job", () => cut.stdout.includes("began"));
  cut.kill("SIGTERM");
  await cut.exit();
  assertMatch(
    cut.stderr,
    /not finished in time \(graceful-timeout, shutdown-timeout\): the job report of Deno\.cron/,
  );
});

testOnOneTarget("a signal stops the schedule, and a job that fails is tried again", async (host) => {
  const job =
    `console.log("ran " + Deno.pid + "."); if (++count === 3) stop.abort(); else throw new Error("no disk");`;
  const source = `const stop = new AbortController(); let count = 0;
${main(job, "{ signal: stop.signal, backoffSchedule: [50, 50] }")}`.replace(
    "Deno.cron(",
    "const ended = Deno.cron(",
  ) +
    `void ended.then(() => console.log("stopped"));\n`;
  const server = host.start({ files: files(source), env });
  await server.ready(1);
  await server.until("the end of the schedule", () => server.stdout.includes("stopped"));
  assertEquals(runs(server).length, 3);
  assertMatch(server.stdout + server.stderr, /Exception in cron handler report/);
});

testOnOneTarget("a schedule that is none is an error of the app", async (host) => {
  const server = host.start({ files: files(main().replace("0 3 * * *", "at three")), env });
  assertEquals((await server.exit()).code, 4);
  assertMatch(
    server.stderr,
    /main\.ts:2:\d+: it throws while it is imported: TypeError: .*invalid cron schedule/i,
  );
});

testOnOneTarget(
  "in an app with tasks each job runs once for all servers that share the store",
  async (host) => {
    const app = `export const tasks = {};\n${
      main(`Deno.writeTextFileSync("ran", \`\${Date.now()}\\n\`, { append: true });`)
    }`;
    const args = ["--task-store", `sqlite:${host.folder}/shared.db`];
    const unit = 500;
    const start = () =>
      host.start({ files: files(app), args, env: { DENO_CRON_TEST_SCHEDULE_OFFSET: String(unit) } });
    const servers = [start(), start()];
    for (const server of servers) {
      await server.logged(
        /adds the jobs of Deno\.cron as tasks, for all workers: report\n/,
      );
    }
    const times = () => {
      try {
        return Deno.readTextFileSync(`${host.folder}/ran`).trim().split("\n").map(Number);
      } catch {
        return [];
      }
    };
    const [first] = servers;
    const before = times().length;
    const began = Date.now();
    await first!.until("eight runs", () => times().length >= before + 8);
    const took = Date.now() - began;
    // Two servers with a job of their own each would need half of that.
    assert(took >= 6 * unit, `${took} ms for eight runs`);
    for (const server of servers) server.kill("SIGTERM");
    for (const server of servers) assertEquals((await server.exit()).code, 0);
  },
);

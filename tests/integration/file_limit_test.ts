import { assert, assertEquals, assertMatch } from "../assert.ts";
import { slowApp } from "./apps.ts";
import { integrationTest, type TestHost } from "./harness.ts";

const limitApp = `
export default () => new Response(Deno.readTextFileSync("/proc/self/limits").match(/Max open files.*/)![0]);
`;

/** With a soft and a hard limit of open files. */
function limited(scene: TestHost, soft: number, hard: number): readonly string[] {
  return ["prlimit", `--nofile=${soft}:${hard}`, ...scene.target.command];
}

/** Connections that ask nothing, until nobody takes them any more. */
async function crowd(port: number, count: number): Promise<Deno.Conn[]> {
  const connections: Deno.Conn[] = [];
  for (let number = 0; number < count; number++) {
    try {
      connections.push(await Deno.connect({ hostname: "127.0.0.1", port }));
    } catch {
      break;
    }
  }
  return connections;
}

integrationTest("the soft limit of open files is raised to the hard one, also for workers", async (scene) => {
  const server = scene.start({ files: { "main.ts": limitApp }, command: limited(scene, 200, 1000) });
  await server.ready(1);
  assertMatch(await server.text(), /Max open files\s+1000\s+1000/);
  assertMatch(Deno.readTextFileSync(`/proc/${server.pid}/limits`), /Max open files\s+1000\s+1000/);
});

for (const steering of ["auto", "off"]) {
  integrationTest(
    `a worker out of files serves on and accepts again, steering ${steering}`,
    async (scene) => {
      const server = scene.start({
        files: { "main.ts": slowApp("whole") },
        command: limited(scene, 100, 100),
        args: ["--steering", steering],
      });
      const [worker] = await server.ready(1);
      const answer = server.text("/?ms=3000");
      const silent = await crowd(server.port, 120);
      await server.logged(
        new RegExp(`pid=${worker!.pid}  accepts no connection: it may have 100 files open at once: raise`),
      );
      assertEquals(await answer, "whole");
      // Nobody hangs up: those that are kept without a request must make room.
      await server.logged(new RegExp(`pid=${worker!.pid}  accepts connections again`));
      assertEquals(await server.text(), "whole");
      assertEquals((await server.ready(1))[0]!.pid, worker!.pid);
      silent.forEach((connection) => connection.close());
      // It can leave as any other.
      server.kill("SIGHUP");
      await server.ready(1, 2);
      assertEquals(await server.text(), "whole");
      assert(!server.stderr.includes("uncaught"));
    },
  );
}

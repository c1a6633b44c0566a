import { assert, assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

integrationTest(
  "the value of -e reaches the app, and no log, no status and no list of settings",
  async (host) => {
    const app = (greeting: string) =>
      `export default () => new Response(Deno.env.get("API_KEY") + ${JSON.stringify(greeting)});\n`;
    const args = ["-e", "API_KEY=hunter2", "--log-level", "debug"];
    const server = host.start({ files: { "main.ts": app("!") }, args });
    await server.ready(1);
    assertEquals(await server.text(), "hunter2!");
    host.write({
      "main.ts": app("?"),
      "denicorn.config.ts": `export default { env: { OTHER: "hunter2" } };\n`,
    });
    server.kill("SIGHUP");
    await server.ready(1, 2);
    const shown = [
      JSON.stringify(await server.status()),
      ...await Promise.all([
        ["ctl", "--socket", host.controlSocket, "status", "--json"],
        ["settings", ...args, "main.ts"],
        ["settings", "--format", "json", ...args, "main.ts"],
        ["settings", "--format", "markdown", ...args, "main.ts"],
      ].map(async (args) => {
        const { code, stdout, stderr } = await host.run(args);
        assertEquals(code, 0, stderr);
        return stdout;
      })),
    ];
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path: host.controlSocket } });
    shown.push(await (await fetch("http://localhost/settings", { client })).text());
    server.kill("SIGTERM");
    await server.exit();
    for (const text of [...shown, server.stdout, server.stderr]) assert(!text.includes("hunter2"), text);
  },
);

integrationTest("a server starts beside a service of Kubernetes that is named denicorn", async (host) => {
  const server = host.start({
    files: { "main.ts": "export default () => new Response('ok');\n" },
    env: {
      DENICORN_PORT: "tcp://10.96.0.17:8000",
      DENICORN_PORT_8000_TCP: "tcp://10.96.0.17:8000",
      DENICORN_PORT_8000_TCP_ADDR: "10.96.0.17",
      DENICORN_PORT_8000_TCP_PORT: "8000",
      DENICORN_PORT_8000_TCP_PROTO: "tcp",
      DENICORN_SERVICE_HOST: "10.96.0.17",
      DENICORN_SERVICE_PORT: "8000",
      DENICORN_SERVICE_PORT_HTTP: "8000",
    },
    args: ["--log-level", "debug"],
  });
  await server.ready(1);
  await server.logged(
    / debug .* ignored: DENICORN_PORT, DENICORN_PORT_8000_TCP, .*, DENICORN_SERVICE_PORT_HTTP\n/,
  );
  assertEquals(await server.text(), "ok");
});

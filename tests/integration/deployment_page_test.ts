/** The commands of docs/deployment.md work, in the order in which they are there. */

import { assertEquals } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import { fileOf, freePorts, lackingProxy, prepareProxy, Proxy, type ProxyKind } from "./proxies.ts";

const page = Deno.readTextFileSync(new URL("../../docs/deployment.md", import.meta.url));

/** The lines of all `sh` blocks in one section. */
function commandsOf(heading: string): string[] {
  const section = page.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block]) => block!.trim().split("\n"));
}

const headings: Readonly<Record<ProxyKind, string>> = { nginx: "nginx", haproxy: "HAProxy" };

for (const [kind, heading] of Object.entries(headings) as [ProxyKind, string][]) {
  testOnOneTarget(`docs/deployment.md: the commands for ${heading} work`, async (host) => {
    const [first, ...others] = commandsOf(heading) as [string, ...string[]];
    const [port, second, admin] = freePorts(3) as [number, number, number];
    const places: [string, string][] = [
      ["127.0.0.1:8000", `127.0.0.1:${port}`],
      ["127.0.0.1:8001", `127.0.0.1:${second}`],
      ["127.0.0.1:9000", `127.0.0.1:${admin}`],
      [`/etc/${kind}/`, `${host.folder}/installed/`],
    ];
    const here = (command: string) =>
      places.reduce((text, [place, other]) => text.replaceAll(place, other), command);
    const [program, ...args] = here(first).split(" ");
    assertEquals([program, args.pop()], ["denicorn", "main.ts"]);
    const server = host.start({
      files: { "main.ts": `export default () => new Response("ok");\n` },
      args,
      port,
    });
    await server.ready(2);
    const options = { server: port, second, admin };
    host.write({
      [`deploy/${fileOf(kind)}`]: prepareProxy(kind, host, options).text,
      "installed/.keep": "",
    });
    for (const command of others.map(here)) {
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", command],
        cwd: host.folder,
        env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin` },
      }).output();
      assertEquals(code, 0, `${command}\n${new TextDecoder().decode(stderr)}`);
    }
    const proxy = await Proxy.start(kind, host, options);
    try {
      using client = Deno.createHttpClient({ caCerts: [proxy.authority] });
      assertEquals(await (await fetch(proxy.url, { client })).text(), "ok");
      const ready = kind === "nginx" ? `${proxy.url}/readyz` : `http://127.0.0.1:${admin}/readyz`;
      assertEquals(await (await fetch(ready, { client })).text(), "ready\n");
    } finally {
      await proxy.stop();
    }
  }, lackingProxy(kind));
}

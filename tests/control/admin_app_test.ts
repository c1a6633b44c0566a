import { createAdminApp } from "../../src/control/admin_app.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock } from "../fakes/fake_clock.ts";
import { fakeRunningMaster } from "../fakes/fake_commands.ts";
import { calmStatus } from "../fakes/status.ts";

const token = "a-token-of-twenty-4";
const bearer = { authorization: `Bearer ${token}` };
const master = fakeRunningMaster({
  status: () => calmStatus,
  operations: { scale: () => ({ finished: Promise.resolve("done"), isWaiting: false }) },
});
const page = { accept: "text/html" };

function statusOf(
  access: { token: string | null; isGuarded: boolean },
  url: string,
  { headers = {}, ...init }: RequestInit & { headers?: Record<string, string> } = {},
): Promise<number> {
  const app = createAdminApp(master, access, new FakeClock());
  const { host } = new URL(url);
  return Promise.resolve(app.request(url, { ...init, headers: { host, ...headers } })).then(({ status }) =>
    status
  );
}

Deno.test("on the loopback address reading needs no token, by address or by a name of this machine only", async () => {
  for (const token of [null, "a-token-of-twenty-4"]) {
    for (const host of ["127.0.0.1:9000", "[::1]:9000", "localhost", "admin.localhost:9000"]) {
      assertEquals(await statusOf({ token, isGuarded: false }, `http://${host}/status`), 200, host);
    }
    // HTTP/1.0, which no browser speaks.
    const headers = { host: "" };
    assertEquals(await statusOf({ token, isGuarded: false }, "http://127.0.0.1/status", { headers }), 200);
  }
});

Deno.test("a host name that another name server can answer for needs the token, also to read", async () => {
  for (const host of ["evil.example", "localhost.evil.example:9000", "127.0.0.1.evil.example"]) {
    const url = `http://${host}/status`;
    assertEquals(await statusOf({ token: null, isGuarded: false }, url), 403, host);
    assertEquals(await statusOf({ token, isGuarded: false }, url), 401, host);
    assertEquals(await statusOf({ token, isGuarded: false }, url, { headers: bearer }), 200, host);
  }
});

Deno.test("an address that other machines reach needs the token for everything but the page and probes", async () => {
  const access = { token, isGuarded: true };
  for (const path of ["/status", "/metrics", "/live", "/nothing"]) {
    assertEquals(await statusOf(access, `http://10.0.0.1:9000${path}`), 401, path);
  }
  assertEquals(await statusOf(access, "http://admin.example/", { headers: page }), 200);
  assertEquals(
    await statusOf({ token: null, isGuarded: true }, "http://10.0.0.1:9000/", { headers: page }),
    403,
  );
  assertEquals(await statusOf({ token: null, isGuarded: true }, "http://10.0.0.1:9000/status"), 403);
  assertEquals(await statusOf({ token: null, isGuarded: true }, "http://10.0.0.1:9000/healthz"), 200);
  assertEquals(await statusOf(access, "http://admin.example/status", { headers: bearer }), 200);
});

Deno.test("a probe without a token learns whether the server is ready, and only with it or on loopback why not", async () => {
  const blocked = fakeRunningMaster({ status: () => ({ ...calmStatus, phase: "stopping" }) });
  const ask = async (
    access: { token: string | null; isGuarded: boolean },
    headers: Record<string, string>,
  ) => {
    const app = createAdminApp(blocked, access, new FakeClock());
    const answer = await app.request("http://10.0.0.1:9000/readyz", {
      headers: { host: "10.0.0.1:9000", ...headers },
    });
    return `${answer.status} ${(await answer.text()).trim()}`;
  };
  const guarded = { token, isGuarded: true };
  assertEquals(await ask(guarded, {}), "503 not ready");
  assertEquals(await ask(guarded, bearer), "503 not ready: it is stopping");
  assertEquals(await ask({ token: null, isGuarded: false }, {}), "503 not ready: it is stopping");
  assertEquals(await ask({ token: null, isGuarded: false }, { host: "evil.example" }), "503 not ready");
  assertEquals((await ask(guarded, { authorization: "Bearer wrong" })).slice(0, 3), "401");
  for (const path of ["/healthz", "/readyz"]) {
    assertEquals(await statusOf(guarded, `http://10.0.0.1:9000${path}`), 200);
    assertEquals(await statusOf(guarded, `http://10.0.0.1:9000${path}`, { method: "POST" }), 401);
  }
});

Deno.test("changes always need the token, and are refused if none is set", async () => {
  const change = { method: "POST", body: '{"target": 2}' };
  const url = "http://127.0.0.1:9000/scale";
  assertEquals(await statusOf({ token: null, isGuarded: false }, url, change), 403);
  assertEquals(await statusOf({ token, isGuarded: false }, url, change), 401);
  assertEquals(await statusOf({ token, isGuarded: false }, url, { ...change, headers: bearer }), 200);
});

Deno.test("a wrong method gets 405 and the right one, an unknown path 404", async () => {
  const app = createAdminApp(master, { token, isGuarded: false }, new FakeClock());
  const ask = (method: string, path: string) =>
    app.request(`http://localhost${path}`, { method, headers: { host: "localhost", ...bearer } });
  for (const path of ["/", "/healthz", "/readyz", "/live", "/metrics", "/status"]) {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const answer = await ask(method, path);
      assertEquals([answer.status, answer.headers.get("allow")], [405, "GET"], `${method} ${path}`);
      assertEquals(await answer.json(), { error: `${method} ${path} is not possible: use GET` });
    }
  }
  for (const path of ["/reload", "/scale"]) {
    const answer = await ask("GET", path);
    assertEquals([answer.status, answer.headers.get("allow")], [405, "POST"], path);
  }
  assertEquals((await ask("HEAD", "/healthz")).status, 200);
  assertEquals([(await ask("GET", "/nothing")).status, (await ask("POST", "/upgrade")).status], [404, 404]);
});

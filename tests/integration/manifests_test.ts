/** deploy/compose.yaml and deploy/kubernetes.yaml: the server starts as they say, and answers what they ask. */

import { parse, parseAll } from "deno-std/yaml/mod.js";
import { metrics } from "../../src/core/telemetry/metrics.ts";
import { assert, assertEquals } from "../assert.ts";
import { freePort, type TestHost, testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

const read = (name: string) => Deno.readTextFileSync(new URL(`../../deploy/${name}`, import.meta.url));

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly requests: { readonly cpu: string } };
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}

const [deployment, service, autoscaler] = parseAll(read("kubernetes.yaml")) as [
  {
    metadata: { name: string };
    spec: { template: { spec: { terminationGracePeriodSeconds: number; containers: [Container] } } };
  },
  { spec: { ports: [{ targetPort: string }] } },
  { spec: { metrics: [{ resource: { name: string } }]; scaleTargetRef: { name: string } } },
];
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const compose = (parse(read("compose.yaml")) as {
  services: { myapp: { command: string[]; environment: Record<string, string>; stop_grace_period: string } };
}).services.myapp;

/** Starts the server with the arguments and variables of a manifest, on this host's loopback. */
function start(
  host: TestHost,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { server: Server; admin: number } {
  const [port, admin] = [freePort(), freePort()];
  const here = (text: string) =>
    text.replace("0.0.0.0:8000", `127.0.0.1:${port}`).replace("0.0.0.0:9000", `0.0.0.0:${admin}`);
  const app = args.at(-1)!;
  const server = host.start({
    files: { [app]: `export default () => new Response("ok");\n` },
    app,
    args: args.slice(0, -1).map(here),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)])),
    port,
    isBound: false,
  });
  return { server, admin };
}

testOnOneTarget(
  "a pod of deploy/kubernetes.yaml serves, its probes succeed, and fail while it ends",
  async (host) => {
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    const { server, admin } = start(host, container.args, env);
    const workers = Number(container.resources.requests.cpu);
    await server.ready(workers);
    assertEquals(await server.text(), "ok");
    const paths = ["startupProbe", "readinessProbe", "livenessProbe"].map((name) => {
      const { httpGet } = container[name as `${string}Probe`]!;
      assert(
        container.ports.some(({ name, containerPort }) => name === httpGet.port && containerPort === 9000),
      );
      return httpGet.path;
    });
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${admin}${path}`, {
        headers: { host: `10.0.0.1:${admin}` },
      });
      await answer.text();
      return answer.status;
    };
    assertEquals(await Promise.all(paths.map(ask)), [200, 200, 200]);
    const settings = JSON.parse(
      (await host.run(["ctl", "settings", "--json", "--socket", host.controlSocket])).stdout,
    ) as readonly { readonly name: string; readonly value: number }[];
    const limit = ["shutdown-delay", "graceful-timeout", "shutdown-timeout"]
      .reduce((sum, wanted) => sum + settings.find(({ name }) => name === wanted)!.value, 0);
    assert(pod.terminationGracePeriodSeconds * 1_000 > limit, String(limit));
    const begun = performance.now();
    server.kill("SIGTERM");
    await server.logged(/stopping in 5 s/);
    assertEquals([await ask("/readyz"), await ask("/healthz"), await server.text()], [503, 200, "ok"]);
    assert(performance.now() - begun < 5_000, "all within the delay");
    assertEquals((await server.exit()).code, 0);
  },
);

Deno.test("the Service of deploy/kubernetes.yaml leads to the app, and the autoscaler reads what pods have", () => {
  assert(
    container.ports.some(({ name, containerPort }) =>
      name === service.spec.ports[0].targetPort && containerPort === 8000
    ),
  );
  // What the pods request is what it is a share of.
  const [{ resource }] = autoscaler.spec.metrics;
  assert(Object.keys(container.resources.requests).includes(resource.name), resource.name);
  assertEquals(autoscaler.spec.scaleTargetRef.name, deployment.metadata.name);
  const page = Deno.readTextFileSync(new URL("../../docs/containers.md", import.meta.url));
  const named = [...page.matchAll(/`(denicorn_\w+)`/g)].map(([, name]) => name);
  assertEquals(named.filter((name) => !metrics.some((metric) => metric.name === name)), []);
});

testOnOneTarget(
  "the service of deploy/compose.yaml serves, and stops within its grace period",
  async (host) => {
    const { server } = start(host, compose.command, compose.environment);
    await server.logged(/workers? of generation 1 ready/);
    assertEquals(await server.text(), "ok");
    const begun = performance.now();
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assert(performance.now() - begun < Number.parseInt(compose.stop_grace_period) * 1_000);
  },
);

import { prometheusText } from "../../src/control/prometheus.ts";
import { metrics } from "../../src/core/telemetry/metrics.ts";
import { taskMetrics } from "../../src/core/telemetry/task_metrics.ts";
import { assert, assertEquals } from "../assert.ts";
import { after, calmStatus } from "../fakes/status.ts";
import { busyTasks } from "../fakes/task_status.ts";

const use = { cpu: 0.25, cpuSeconds: 12.5, memory: 50_000_000 };
const full = after(
  {
    ...calmStatus,
    runtime: 'deno "2"\\n',
    master: use,
    workers: calmStatus.workers.map((worker) => ({ ...worker, ...use })),
    tasks: busyTasks,
  },
  ...[0.01, 3, 40, 200_000],
);

Deno.test("every metric is in the text with its help and type", async () => {
  const { text, contentType } = await prometheusText(full);
  assertEquals(contentType, "text/plain; version=0.0.4; charset=utf-8");
  for (const { name, type } of [...metrics, ...taskMetrics]) {
    assert(text.includes(`# TYPE ${name} ${type}\n`), name);
    assert(new RegExp(`^${name}(_count)?(\\{.*\\})? [0-9.e+-]+$`, "m").test(text), name);
  }
  assert(text.includes('runtime="deno \\"2\\"\\\\n"'), "labels are escaped");
});

Deno.test("an app without tasks has no metrics about them", async () => {
  const { text } = await prometheusText(calmStatus);
  assert(!text.includes("_task"), text);
});

Deno.test({
  name: "promtool has no objection (skipped where Debian's prometheus is not installed)",
  ignore: !isThere("promtool"),
  async fn() {
    const promtool = new Deno.Command("promtool", {
      args: ["check", "metrics"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const input = promtool.stdin.getWriter();
    await input.write(new TextEncoder().encode((await prometheusText(full)).text));
    await input.close();
    const { code, stdout, stderr } = await promtool.output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals([code, said], [0, ""]);
  },
});

function isThere(command: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((directory) => {
    try {
      return Deno.statSync(`${directory}/${command}`).isFile;
    } catch {
      return false;
    }
  });
}

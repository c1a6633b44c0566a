/** deploy/alerts.yml and deploy/grafana.json name metrics and labels that there are. */

import { parse } from "deno-std/yaml/mod.js";
import { prometheusText } from "../../src/control/prometheus.ts";
import { assert, assertEquals } from "../assert.ts";
import { calmStatus } from "../fakes/status.ts";
import { busyTasks } from "../fakes/task_status.ts";

const read = (name: string) => Deno.readTextFileSync(new URL(`../../deploy/${name}`, import.meta.url));

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}

interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly targets: readonly { readonly expr: string }[] }[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const alerts = (parse(read("alerts.yml")) as Rules).groups.flatMap(({ rules }) =>
  rules.map(({ expr }) => expr)
);
const dashboard: Dashboard = JSON.parse(read("grafana.json"));
const panels = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const use = { cpu: 0.25, cpuSeconds: 12.5, memory: 50_000_000 };
const { text } = await prometheusText({
  ...calmStatus,
  master: use,
  workers: calmStatus.workers.map((worker) => ({ ...worker, ...use })),
  tasks: busyTasks,
});

Deno.test("each metric of an alert or a panel is one of ours, with these labels and values", () => {
  const expressions = [...alerts, ...panels, ...dashboard.annotations.list.map(({ expr }) => expr)];
  assert(expressions.length > 25);
  for (const expression of expressions) {
    for (const [, name, labels = ""] of expression.matchAll(/\b(denicorn_\w+)(?:\{([^}]*)\})?/g)) {
      const lines = text.split("\n").filter((line) =>
        line.startsWith(`${name}{`) || line.startsWith(`${name} `)
      );
      assert(lines.length > 0, name);
      for (const [, label, operator, value = ""] of labels.matchAll(/(\w+)(=~?)"([^"]*)"/g)) {
        if (label === "instance") continue;
        const values = operator === "=" ? [value] : value.split("|");
        for (const value of values) {
          assert(lines.some((line) => line.includes(`${label}="${value}"`)), `${name}: ${label} ${value}`);
        }
      }
    }
    for (const [, labels = ""] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
      for (const label of labels.split(", ").filter((label) => label !== "instance")) {
        assert(text.includes(`${label}="`), `${expression}: ${label}`);
      }
    }
  }
});

Deno.test("no panel has the number or the place of another one", () => {
  assertEquals(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
});

Deno.test({
  name: "promtool accepts the alerts (skipped where Debian's prometheus is not installed)",
  ignore: !(Deno.env.get("PATH") ?? "").split(":").some((folder) => exists(`${folder}/promtool`)),
  fn() {
    const file = new URL("../../deploy/alerts.yml", import.meta.url).pathname;
    const { code, stderr } = new Deno.Command("promtool", { args: ["check", "rules", file] }).outputSync();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  },
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

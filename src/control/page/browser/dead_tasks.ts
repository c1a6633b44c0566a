import type { TaskInfo } from "../../../core/tasks/task_info.ts";
import type { Status } from "../../../core/telemetry/status.ts";
import { clockText } from "../display_text.ts";
import { command, credentials } from "./controls.ts";
import { actionButton, byId, element, type PageElement } from "./dom.ts";

/** Tasks shown, those that died last first. */
const maxShown = 10;

/** The dead tasks. What is in tasks needs the token, so they are asked for only with one. */
export class DeadTasks {
  /** What the list was last asked for with: it is asked for again only if that changes. */
  #shownFor = "";

  constructor() {
    byId("retry-all").addEventListener("click", () => void this.#retry(null, "retry-all"));
  }

  show({ store, totals }: NonNullable<Status["tasks"]>): void {
    if (store === null) return;
    const { authorization = "" } = credentials();
    // While one is tried again another one may have died.
    const died = totals.reduce((sum, { dead }) => sum + dead, 0);
    const shownFor = [store.dead, died, authorization].join(" ");
    if (shownFor === this.#shownFor) return;
    this.#shownFor = shownFor;
    byId("dead").hidden = store.dead === 0;
    if (store.dead === 0) return;
    if (authorization === "") return say(`${store.dead} dead: give the admin token to see them`);
    void this.#list();
  }

  async #list(): Promise<void> {
    try {
      const path = `tasks/list?state=dead&limit=${maxShown}`;
      const response = await fetch(path, { headers: credentials(), cache: "no-store" });
      const answer = await response.json();
      if (response.ok) {
        byId("dead-tasks").replaceChildren(...(answer as TaskInfo[]).map((task) => this.#row(task)));
      } else say(answer.error ?? `the server answered ${response.status}`);
    } catch {
      this.#shownFor = "";
    }
  }

  #row({ id, name, endedAt, attempt, error }: TaskInfo): PageElement {
    const [title = ""] = (error ?? "").split("\n");
    const retry = actionButton("Retry", `Retry task ${id}`, () => void this.#retry(id));
    return element(
      "li",
      "",
      element(
        "span",
        "dim",
        endedAt === null ? "" : clockText(endedAt, new Date(endedAt).getTimezoneOffset()),
      ),
      element("span", "", `${name} ${id}`),
      element("span", "", `${title} (attempt ${attempt}) `, retry),
    );
  }

  async #retry(id: string | null, ...buttons: readonly string[]): Promise<void> {
    await command("tasks/retry", { id }, ...buttons);
    this.#shownFor = "";
  }
}

function say(text: string): void {
  byId("dead-tasks").replaceChildren(element("li", "dim", text));
}

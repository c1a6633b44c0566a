import type { Status } from "../../../core/telemetry/status.ts";
import { workerRate } from "../samples.ts";
import { columns, moodOf, type Order, orderAfter, ordered, type WorkerRow } from "../worker_rows.ts";
import { command } from "./controls.ts";
import { actionButton, byId, element, type PageElement, write } from "./dom.ts";
import { type Kept, KeptList } from "./kept_list.ts";
import { confirmed } from "./question.ts";
import { keyOf, workerCards } from "./worker_cards.ts";

/** More workers than this are shown in a table. */
const mostCards = 8;

/** The workers that answer requests: as cards, and many of them as a table that can be sorted. */
export class WorkerGrid {
  readonly #cards = workerCards(byId("workers"), "request", recycling);
  readonly #rows = new KeptList<WorkerRow>(byId("worker-rows"), keyOf, makeRow);
  readonly #heads = new Map<string, PageElement>();
  #order: Order = { by: null, isDescending: false };
  #shown: readonly WorkerRow[] = [];

  constructor() {
    const heads = columns.map(({ title }) => {
      const button = element("button", "", title);
      button.setAttribute("type", "button");
      button.addEventListener("click", () => this.#sort(title));
      const head = element("th", "", button);
      head.setAttribute("scope", "col");
      this.#heads.set(title, head);
      return head;
    });
    byId("worker-heads").append(...heads, element("td", ""));
  }

  show(before: Status | null, now: Status): void {
    this.#shown = now.workers.map((worker) => ({
      worker,
      rate: workerRate(before, now, worker),
      errors: workerRate(before, now, worker, ({ responses }) => responses["5xx"]),
    }));
    const isTable = this.#shown.length > mostCards;
    byId("workers").hidden = isTable;
    byId("worker-table").hidden = !isTable;
    this.#cards.show(isTable ? [] : this.#shown);
    this.#rows.show(isTable ? ordered(this.#shown, this.#order) : []);
  }

  #sort(title: string): void {
    this.#order = orderAfter(this.#order, title);
    const { by, isDescending } = this.#order;
    for (const [name, head] of this.#heads) {
      head.setAttribute("aria-sort", name !== by ? "none" : isDescending ? "descending" : "ascending");
    }
    this.#rows.show(ordered(this.#shown, this.#order));
  }
}

function recycling({ slot }: WorkerRow["worker"]): readonly PageElement[] {
  return [actionButton("Recycle", `Recycle worker ${slot}`, () => void recycle(slot))];
}

/** Rows of a table change places: the question says which one was hit. */
async function recycle(slot: number): Promise<void> {
  if (await confirmed(`Recycle worker ${slot}? Another one starts in its place first.`, "Recycle")) {
    await command("recycle", { worker: slot });
  }
}

function makeRow({ worker }: WorkerRow): Kept<WorkerRow> {
  const cells = columns.map(({ title }) => element(title === "worker" ? "th" : "td", ""));
  cells[0]?.setAttribute("scope", "row");
  return {
    root: element("tr", "", ...cells, element("td", "", ...recycling(worker))),
    update(row) {
      columns.forEach(({ title, show }, place) => {
        const cell = cells[place]!;
        write(cell, show(row));
        if (title === "state") cell.className = moodOf(row.worker);
      });
    },
  };
}

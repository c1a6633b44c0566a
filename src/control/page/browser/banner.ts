/** The line under the head that says what has to be known at once, until it is acknowledged or over. */

import type { Status } from "../../../core/telemetry/status.ts";
import { bannerOf, type Figure, headlineOf } from "../headline.ts";
import type { Sample } from "../samples.ts";
import { byId, element, write } from "./dom.ts";
import { KeptList } from "./kept_list.ts";

/** For this tab only. */
const acknowledgedKey = "denicorn-acknowledged";

export class Headline {
  readonly #figures = new KeptList<Figure>(byId("headline"), ({ title }) => title, makeFigure);
  #key = "";

  constructor() {
    byId("dismiss").addEventListener("click", () => {
      sessionStorage.setItem(acknowledgedKey, this.#key);
      byId("banner").hidden = true;
    });
  }

  show(now: Status, samples: readonly Sample[]): void {
    this.#figures.show(headlineOf(now, samples));
  }

  /** `goneSince` is null while the server is there. */
  warn(now: Status | null, goneSince: string | null): void {
    const banner = bannerOf(now, goneSince);
    const isShown = banner !== null && banner.key !== sessionStorage.getItem(acknowledgedKey);
    byId("banner").hidden = !isShown;
    if (!isShown) return;
    const { key, text, detail, mood, canDismiss } = banner;
    this.#key = key;
    byId("banner").className = `card ${mood}`;
    write(byId("banner-text"), text);
    byId("banner-more").hidden = detail === null;
    write(byId("banner-detail"), detail ?? "");
    byId("dismiss").hidden = !canDismiss;
  }
}

function makeFigure() {
  const title = element("h2", "");
  const value = element("p", "value");
  const note = element("p", "dim");
  return {
    root: element("div", "card figure", title, value, note),
    update(figure: Figure) {
      write(title, figure.title);
      write(value, figure.value);
      value.className = `value ${figure.mood === "dim" ? "" : figure.mood}`;
      write(note, figure.note);
    },
  };
}

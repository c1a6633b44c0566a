import type { Status } from "../../../core/telemetry/status.ts";
import { transitionText } from "../../../core/telemetry/transition_text.ts";
import { processTarget, workerCounts } from "../../../core/telemetry/worker_counts.ts";
import { byId, document, write } from "./dom.ts";
import { confirmed, connectQuestion } from "./question.ts";

/** For this tab only: another tab asks again. */
const tokenKey = "denicorn-token";

/** The commands that have no answer yet, with the ids of their buttons. */
const running = new Set<{ readonly name: string; readonly ids: readonly string[] }>();
let isAway = true;
let last: Status | null = null;

/** The headers with the token; none without one. */
export function credentials(): Record<string, string> {
  const token = sessionStorage.getItem(tokenKey);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Connects the buttons; `onTokenChange` is called when the token was set or removed. */
export function connectControls(onTokenChange: () => void): void {
  connectQuestion();
  byId("reload").addEventListener("click", () => void reload());
  byId("remove").addEventListener("click", () => void scale("-1", processes() - 1));
  byId("add").addEventListener("click", () => void scale("+1", processes() + 1));
  onSubmit("scale", () => {
    const count = byId("count").valueAsNumber;
    void scale(count, count);
  });
  onSubmit("access", () => {
    const field = byId("token");
    const token = field.value.trim();
    if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
      return say("this is not a token: a token consists of letters, digits and -._~+/=", "bad");
    }
    sessionStorage.setItem(tokenKey, token);
    field.value = "";
    say("token kept until this tab is closed", "dim");
    showAccess();
    onTokenChange();
  });
  byId("forget").addEventListener("click", () => {
    forget();
    say("token forgotten", "dim");
    onTokenChange();
  });
  showAccess();
}

/** The server rejected the token, or needs one. */
export function askForToken(): void {
  const had = sessionStorage.getItem(tokenKey) !== null;
  forget();
  say(had ? "the server does not accept this token" : "this needs the admin token", "bad");
  byId("token").focus();
}

/** Actions are off while the server is away. */
export function setAway(away: boolean): void {
  isAway = away;
  enableActions();
}

/** Says how far the running command is. */
export function showProgress(now: Status): void {
  last = now;
  enableActions();
  const name = Array.from(running, ({ name }) => name).find((name) => name === "reload" || name === "scale");
  if (name === undefined) return;
  const { ready, wanted } = workerCounts(now);
  // An old failure is not how far this command is.
  const isReload = name === "reload" && now.transition?.outcome === "running";
  const progress = (isReload ? transitionText(now) : null) ?? `${ready} of ${wanted} workers are ready`;
  say(`${name}: ${progress}`, "dim");
}

/** Gives a command and says how it ended. Until then its buttons are disabled: `ids` of elements. */
export async function command(
  path: string,
  body: Readonly<Record<string, unknown>>,
  ...ids: readonly string[]
): Promise<void> {
  if (isAway) return;
  const name = path.replace("/", " ").replace("?wait=1", "");
  const given = { name, ids };
  running.add(given);
  enableActions();
  try {
    const headers = { ...credentials(), "content-type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status === 401) return askForToken();
    const answer = await response.json().catch(() => ({ error: `the server answered ${response.status}` }));
    running.delete(given);
    say(`${name}: ${answer.error ?? answer.message}`, response.ok ? "good" : "bad");
  } catch {
    say(`${name}: the server cannot be reached`, "bad");
  } finally {
    running.delete(given);
    enableActions();
  }
}

async function reload(): Promise<void> {
  const question = `Reload ${
    last?.app ?? "the app"
  }? While workers are replaced there may be more of them than usual.`;
  if (await confirmed(question, "Reload")) commandPool("reload?wait=1", {});
}

/** Of workers; the server counts those that are threads by their processes when it scales. */
function processes(): number {
  return last === null ? 0 : processTarget(last);
}

/** `to` is the number of processes after it. */
async function scale(target: number | string, to: number): Promise<void> {
  const from = processes();
  const question = `Scale from ${from} to ${to} processes? That takes more than half of the capacity.`;
  if (to < from / 2 && !(await confirmed(question, "Scale"))) return;
  commandPool("scale?wait=1", { target });
}

/** Reload and scale: one at a time. */
function commandPool(path: string, body: Readonly<Record<string, unknown>>): void {
  void command(path, body, "reload", "remove", "add", "set");
}

function enableActions(): void {
  for (const action of document.querySelectorAll(".acts")) action.disabled = isAway;
  // The server refuses to remove the last one.
  if (processes() <= 1) byId("remove").disabled = true;
  for (const { ids } of running) for (const id of ids) byId(id).disabled = true;
}

function onSubmit(id: string, act: () => void): void {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    act();
  });
}

function forget(): void {
  sessionStorage.removeItem(tokenKey);
  showAccess();
}

function showAccess(): void {
  const has = sessionStorage.getItem(tokenKey) !== null;
  byId("access").hidden = has;
  byId("forget").hidden = !has;
}

function say(text: string, mood: "good" | "bad" | "dim"): void {
  const message = byId("message");
  message.hidden = false;
  message.className = mood;
  write(message, text);
}

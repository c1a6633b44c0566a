import { byId } from "./dom.ts";

/** For this tab only: another tab asks again. */
const tokenKey = "denicorn-token";

/** The headers with the token; none without one. */
export function credentials(): Record<string, string> {
  const token = sessionStorage.getItem(tokenKey);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Connects the buttons; `onTokenChange` is called when the token was set or removed. */
export function connectControls(onTokenChange: () => void): void {
  byId("reload").addEventListener("click", () => commandPool("reload", {}));
  byId("remove").addEventListener("click", () => commandPool("scale", { target: "-1" }));
  byId("add").addEventListener("click", () => commandPool("scale", { target: "+1" }));
  onSubmit("scale", () => commandPool("scale", { target: byId("count").valueAsNumber }));
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

/** Gives a command and says how it ended. Until then its buttons are disabled: `ids` of elements. */
export async function command(
  path: string,
  body: Readonly<Record<string, unknown>>,
  ...ids: readonly string[]
): Promise<void> {
  const buttons = ids.map((id) => byId(id));
  const name = path.replace("/", " ");
  for (const button of buttons) button.disabled = true;
  try {
    const headers = { ...credentials(), "content-type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status === 401) return askForToken();
    const answer = await response.json().catch(() => ({ error: `the server answered ${response.status}` }));
    say(`${name}: ${answer.error ?? answer.message}`, response.ok ? "good" : "bad");
  } catch {
    say(`${name}: the server cannot be reached`, "bad");
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** Reload and scale: one at a time. */
function commandPool(path: string, body: Readonly<Record<string, unknown>>): void {
  void command(path, body, "reload", "remove", "add");
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
  message.textContent = text;
}

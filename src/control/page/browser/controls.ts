import { byId } from "./dom.ts";

/** Of this tab only: another tab asks again. */
const place = "denicorn-token";

/** What says that the reader may: nothing without a token. */
export function credentials(): Record<string, string> {
  const token = sessionStorage.getItem(place);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Makes the buttons work; `renewed` is called when there is another token, or none any more. */
export function connectControls(renewed: () => void): void {
  byId("reload").addEventListener("click", () => void command("reload", {}));
  byId("fewer").addEventListener("click", () => void command("scale", { target: "-1" }));
  byId("more").addEventListener("click", () => void command("scale", { target: "+1" }));
  onSubmit("scale", () => void command("scale", { target: byId("count").valueAsNumber }));
  onSubmit("access", () => {
    const field = byId("token");
    const token = field.value.trim();
    if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
      return say("this is no token: it consists of letters, digits and -._~+/=", "bad");
    }
    sessionStorage.setItem(place, token);
    field.value = "";
    say("token kept until this tab is closed", "dim");
    showAccess();
    renewed();
  });
  byId("forget").addEventListener("click", () => {
    forget();
    say("token forgotten", "dim");
    renewed();
  });
  showAccess();
}

/** The server does not take the token, or wants one. */
export function askForToken(): void {
  const had = sessionStorage.getItem(place) !== null;
  forget();
  say(had ? "the server does not accept this token" : "this takes the admin token", "bad");
  byId("token").focus();
}

async function command(name: "reload" | "scale", body: Readonly<Record<string, unknown>>): Promise<void> {
  const buttons = ["reload", "fewer", "more"].map((id) => byId(id));
  for (const button of buttons) button.disabled = true;
  try {
    const headers = { ...credentials(), "content-type": "application/json" };
    const response = await fetch(name, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status === 401) return askForToken();
    const answer = await response.json().catch(() => ({ error: `the server answers ${response.status}` }));
    say(`${name}: ${answer.error ?? answer.message}`, response.ok ? "good" : "bad");
  } catch {
    say(`${name}: the server cannot be reached`, "bad");
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function onSubmit(id: string, act: () => void): void {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    act();
  });
}

function forget(): void {
  sessionStorage.removeItem(place);
  showAccess();
}

function showAccess(): void {
  const has = sessionStorage.getItem(place) !== null;
  byId("access").hidden = has;
  byId("forget").hidden = !has;
}

function say(text: string, mood: "good" | "bad" | "dim"): void {
  const message = byId("message");
  message.hidden = false;
  message.className = mood;
  message.textContent = text;
}

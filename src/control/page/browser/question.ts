import { byId, write } from "./dom.ts";

let decide: (isConfirmed: boolean) => void = () => {};

/** Connects the buttons of the dialog. Escape and a second question are a no. */
export function connectQuestion(): void {
  const dialog = byId("ask");
  byId("yes").addEventListener("click", () => {
    decide(true);
    dialog.close();
  });
  byId("no").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => decide(false));
}

/** Asks before something is done that takes capacity. */
export function confirmed(question: string, yes: string): Promise<boolean> {
  decide(false);
  write(byId("question"), question);
  write(byId("yes"), yes);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  decide = resolve;
  if (!byId("ask").open) byId("ask").showModal();
  return promise;
}

/**
 * A process that writes to the guestbook like a worker: `guestbook_writer.ts DATABASE NAME COUNT`.
 */
import { createGuestbook } from "../../examples/guestbook/app.tsx";
import { openStore } from "../../examples/guestbook/store.ts";

const [database = "", name = "", count = "0"] = Deno.args;
const store = openStore(database);
const app = createGuestbook({ store, style: "", workerPid: Deno.pid });

for (let n = 1; n <= Number(count); n++) {
  const body = new URLSearchParams({ name, message: `${n}` });
  const response = await app.request("/entries", { method: "POST", body });
  if (response.status !== 303) throw new Error(`${name} ${n}: ${response.status} ${await response.text()}`);
}
store.close();

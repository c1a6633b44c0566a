/**
 * A guestbook: pages, forms and a JSON API over one SQLite file that all workers share.
 *
 *     denicorn examples/guestbook/main.ts --workers 2 --bind 127.0.0.1:8000
 *
 * GUESTBOOK_DB is the path of the file, by default data/guestbook.sqlite next to this module.
 */
import { join } from "node:path";
import { createGuestbook } from "./app.tsx";
import { openStore } from "./store.ts";

const here = import.meta.dirname ?? ".";
const database = Deno.env.get("GUESTBOOK_DB") ?? join(here, "data", "guestbook.sqlite");

export default createGuestbook({
  store: openStore(database),
  style: Deno.readTextFileSync(join(here, "style.css")),
  workerPid: Deno.pid,
});

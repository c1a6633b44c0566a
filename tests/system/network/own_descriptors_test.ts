import { assertEquals } from "../../assert.ts";
import { ownDescriptors } from "../../../src/system/network/own_descriptors.ts";
import { linuxOnly } from "../linux_only.ts";

linuxOnly("threads find the listeners and connections that they have opened, and no others", async () => {
  const url = new URL("thread_with_listener.ts", import.meta.url);
  const threads = [1, 2, 3].map(() => new Worker(url, { type: "module" }));
  const answers = () =>
    Promise.all(threads.map((thread) =>
      new Promise<Record<string, unknown>>((resolve, reject) => {
        thread.onmessage = ({ data }) => resolve(data);
        thread.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        };
      })
    ));
  try {
    await answers();
    const all = answers();
    threads.forEach((thread) => thread.postMessage(null));
    for (const { own, found, peers, client } of await all) {
      assertEquals(found, own);
      assertEquals(peers, [client]);
    }
  } finally {
    threads.forEach((thread) => thread.terminate());
  }
});

linuxOnly("in a process without threads all descriptors are its own", () => {
  assertEquals([0, 1, 1_000_000].map(ownDescriptors()), [true, true, true]);
});

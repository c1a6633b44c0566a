import { offersHttp2 } from "../../../src/worker/http/http2_drain.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("HTTP/2 is offered where a drain finishes it and a worker has many requests at once, or where it is asked for", () => {
  const certificates = [{ cert: "", key: "" }] as never;
  const offers = (workerClass: "async" | "sync" | "threads", drainsHttp2: boolean, http2?: boolean) =>
    offersHttp2({ certificates, workerClass, http2 }, { drainsHttp2 });
  assertEquals((["async", "threads", "sync"] as const).map((each) => offers(each, true)), [
    true,
    true,
    false,
  ]);
  assertEquals((["async", "threads", "sync"] as const).map((each) => offers(each, false)), [
    false,
    false,
    false,
  ]);
  assertEquals([offers("sync", false, true), offers("threads", true, false)], [true, false]);
  assertEquals(
    offersHttp2({ certificates: null, workerClass: "async", http2: true }, { drainsHttp2: true }),
    false,
  );
});

import {
  failureOf,
  hasLockedBody,
  isKnown,
  wholeStatus,
} from "../../../../src/system/network/responses/response_body.ts";
import { assert, assertEquals } from "../../../assert.ts";

const init = { status: 201 };

function form(): FormData {
  const form = new FormData();
  form.set("name", "value");
  return form;
}

Deno.test("the status of a response whose body is whole is known without its getters", async () => {
  assert(isKnown, "this runtime keeps responses elsewhere");
  const bytes = new Uint8Array(4);
  const whole = {
    text: new Response("text", init),
    bytes: new Response(bytes, init),
    buffer: new Response(bytes.buffer, init),
    parameters: new Response(new URLSearchParams("a=b"), init),
    nothing: new Response(null, init),
    json: Response.json({}, init),
    clone: new Response("text", init).clone(),
  };
  for (const [name, response] of Object.entries(whole)) {
    assertEquals(wholeStatus(response), 201, name);
    if (response.body !== null) assertEquals((await response.bytes()).length > 0, true, name);
  }
});

Deno.test("of every other answer it says nothing", async () => {
  const locked = new Response(new ReadableStream(), init);
  locked.body!.getReader();
  assert(hasLockedBody(locked));
  const read = new Response("text", init);
  await read.text();
  const touched = new Response("text", init);
  assert(touched.body !== null);
  const others = {
    locked,
    read,
    touched,
    stream: new Response(new ReadableStream(), init),
    blob: new Response(new Blob(["text"]), init),
    form: new Response(form(), init),
    fetched: await fetch("data:,text"),
    error: Response.error(),
    prototype: Object.create(Response.prototype),
    spread: { ...new Response("text", init) },
    bare: Object.setPrototypeOf(new Response("text", init), null),
    proxy: new Proxy(new Response("text", init), {
      get() {
        throw new Error("no");
      },
    }),
    promise: Promise.resolve(new Response("text", init)),
    text: "text",
    nothing: undefined,
  };
  for (const [name, answer] of Object.entries(others)) assertEquals(wholeStatus(answer), 0, name);
});

Deno.test("a body that has failed tells with what", async () => {
  const failed = new Response(new ReadableStream({ pull: (controller) => controller.error("no") }));
  assertEquals(failureOf(failed), null);
  await failed.text().catch(() => {});
  assertEquals(failureOf(failed), { value: "no" });
  const sent = new Response(new Blob(["text"]).stream());
  await sent.text();
  assertEquals([failureOf(sent), failureOf(new Response("text")), failureOf(new Response())], [
    null,
    null,
    null,
  ]);
});

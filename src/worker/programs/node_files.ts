/** Static files in front of an app of `node:http`: the answer of `fetch`, sent as a response of Node. */

import type { NodeRequest, NodeResponse } from "../../system/system.ts";
import type { StaticFiles } from "../http/static_files.ts";

export class NodeFiles {
  readonly #files: Pick<StaticFiles, "answer">;

  constructor(files: Pick<StaticFiles, "answer">) {
    this.#files = files;
  }

  /** False: it is the app's. Throws if the system cannot open a file now. */
  answer({ method, url = "", headers }: NodeRequest, response: NodeResponse): boolean {
    if ((method !== "GET" && method !== "HEAD") || !url.startsWith("/")) return false;
    const answer = this.#files.answer({
      isHead: method === "HEAD",
      target: url,
      header: (name) => {
        const value = headers[name];
        return value === undefined ? null : typeof value === "string" ? value : value.join(", ");
      },
      // The runtime compresses nothing here.
      isCompressing: false,
    });
    if (answer === null) return false;
    // The head may have been sent, so the client learns of a failure by the end of the connection.
    Promise.resolve(answer).then((answer) => send(answer, response)).catch(() => response.destroy());
    return true;
  }
}

async function send(answer: Response, response: NodeResponse): Promise<void> {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  const { body } = answer;
  if (body === null) return response.end();
  if (!answer.headers.has("content-length")) {
    const bytes = await answer.bytes();
    response.setHeader("content-length", String(bytes.length));
    return response.end(bytes);
  }
  const reader = body.getReader();
  let goOn = () => {};
  let isClosed = false;
  response.on("drain", () => goOn());
  response.on("close", () => {
    isClosed = true;
    void reader.cancel();
    goOn();
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (isClosed) return;
    if (done) return response.end();
    if (!response.write(value)) await new Promise<void>((resolve) => goOn = resolve);
  }
}

/** Static files in front of an app of `node:http`: the answer of `fetch`, sent as a response of Node. */

import type { NodeHttp, NodeRequest, NodeResponse } from "../../system/system.ts";
import type { StaticFiles } from "../http/static_files.ts";

export class NodeFiles {
  readonly #files: Pick<StaticFiles, "answer">;
  readonly #send: NodeHttp["send"];

  constructor(files: Pick<StaticFiles, "answer">, send: NodeHttp["send"]) {
    this.#files = files;
    this.#send = send;
  }

  /** False: it is the app's. `failed`: the file could not be sent. Throws if the system cannot open a file now. */
  answer(
    { method, url = "", headers }: NodeRequest,
    response: NodeResponse,
    failed: (error: unknown) => void,
  ): boolean {
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
    Promise.resolve(answer).then((answer) => this.#send(answer, response)).catch((error) => {
      failed(error);
      // The head has been sent, so the client learns it by the end of the connection.
      response.destroy();
    });
    return true;
  }
}

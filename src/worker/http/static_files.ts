/**
 * Files that are served beside the app, by Hono's static middleware. It is asked once it is clear that there is a file: what
 * is not there is the app's, and costs an app no more than looking for it.
 */

import { type Context, Hono } from "hono";
import { serveStatic } from "hono/serve-static";
import { longestFirst, type StaticFolder, staticPath } from "../../core/http/static_path.ts";
import { directUrl } from "../../system/network/requests/forwarded_requests.ts";
import { headerOf } from "../../system/network/requests/received.ts";
import type { Clock, FetchHandler, OpenFile, ServedFolder, System } from "../../system/system.ts";
import { targetOf } from "./in_flight_requests.ts";
import { notFound } from "./refused_requests.ts";
import { answerWith, type FileContent, typeOf, types } from "./static_answer.ts";

interface OpenedFolder {
  readonly path: string;
  readonly files: ServedFolder;
}

interface Options {
  /** With absolute paths. */
  readonly folders: readonly StaticFolder[];
  readonly isCompressing: boolean;
}

export async function staticFiles(
  { clock, servedFolder }: Pick<System, "clock" | "servedFolder">,
  { folders, isCompressing }: Options,
): Promise<StaticFiles> {
  const opened = await Promise.all(
    folders.map(async ({ path, folder }) => ({ path, files: await servedFolder(folder) })),
  );
  return new StaticFiles(longestFirst(opened), clock, isCompressing);
}

/** A request for a file, of `fetch` or `node:http`. */
interface FileRequest {
  readonly isHead: boolean;
  /** As it was sent: path and query. */
  readonly target: string;
  header(name: string): string | null;
  /** The runtime may compress the answer. */
  readonly isCompressing: boolean;
}

/** What Hono gets. */
interface Found {
  readonly routed: string;
  readonly content: FileContent;
}

const index = "index.html";

export class StaticFiles {
  readonly #folders: readonly OpenedFolder[];
  readonly #clock: Clock;
  readonly #isCompressing: boolean;
  /** Hono gets what it needs to know with each request: this one only has to be there. */
  readonly #request = new Request("http://localhost/");
  readonly #hono = new Hono<{ Bindings: Found }>({ getPath: (_, options) => options!.env!.routed })
    .use(serveStatic({
      root: "",
      mimes: types,
      allowPercentInPath: true,
      getContent: (_, context: Context<{ Bindings: Found }>) => Promise.resolve(contentOf(context)),
    }))
    .onError((error) => {
      throw error;
    });

  constructor(folders: readonly OpenedFolder[], clock: Clock, isCompressing: boolean) {
    this.#folders = folders;
    this.#clock = clock;
    this.#isCompressing = isCompressing;
  }

  before(app: FetchHandler): FetchHandler {
    return (request, info, context) => {
      const { method } = request;
      if (method !== "GET" && method !== "HEAD") return app(request, info, context);
      const answer = this.answer({
        isHead: method === "HEAD",
        target: targetOf(directUrl(request)),
        header: (name) => headerOf(request, name),
        isCompressing: this.#isCompressing,
      });
      return answer ?? app(request, info, context);
    };
  }

  /** `null`: it is the app's. Throws if the system cannot open a file now. */
  answer(request: FileRequest): Response | Promise<Response> | null {
    // Deno 2.9 leaves a fragment in it.
    const [target] = request.target.split("#", 1) as [string];
    const query = target.indexOf("?");
    const path = query < 0 ? target : target.slice(0, query);
    const asked = staticPath(path, this.#folders);
    if (asked.is === "elsewhere") return null;
    if (asked.is === "refused") return notFound();
    const { files } = asked.folder;
    // A folder without a slash has to be told from a file; with one its page is all that can be meant.
    const isFolder = path.endsWith("/");
    const name = isFolder ? asked.path + index : asked.path;
    const found = files.open(name);
    if (found.is === "outside") return notFound();
    if (found.is === "file") return this.#send(request, name, found.file, files);
    if (found.is === "nothing" || isFolder) return null;
    const page = files.open(name === "" ? index : `${name}/${index}`);
    if (page.is === "outside") return notFound();
    if (page.is !== "file") return null;
    page.file.close();
    return movedTo(`${path}/${query < 0 ? "" : target.slice(query)}`);
  }

  #send(
    { isHead, header, isCompressing }: FileRequest,
    path: string,
    file: OpenFile,
    folder: ServedFolder,
  ): Response | Promise<Response> {
    const type = typeOf(path);
    const now = this.#clock.wall();
    const content = answerWith({ path, type, file, folder, header, isHead, now, isCompressing });
    if (!("fields" in content)) return content;
    // Hono decodes it.
    return this.#hono.fetch(this.#request, { routed: `/${path.replaceAll("%", "%25")}`, content });
  }
}

/** With the headers; Hono adds the `Content-Type`. */
function contentOf(context: Context<{ Bindings: Found }>): FileContent["body"] {
  const { status, fields, body } = context.env.content;
  context.status(status);
  for (const [name, value] of fields) context.header(name, value);
  return body;
}

/** What a page says of other files is relative to its path. It begins with one slash: two would name another server. */
function movedTo(location: string): Response {
  return new Response(null, { status: 301, headers: { location, "cache-control": "no-cache" } });
}

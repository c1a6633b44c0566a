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
import { pathOf, targetOf } from "./in_flight_requests.ts";
import { refusal } from "./refused_requests.ts";
import { answerWithFile, type AskedFile, typeOf, types } from "./static_answer.ts";

interface OpenedFolder {
  readonly path: string;
  readonly files: ServedFolder;
}

interface Options {
  /** With absolute paths. */
  readonly folders: readonly StaticFolder[];
  readonly isCompressing: boolean;
}

/** Returns what puts the files in front of an app. */
export async function staticFiles(
  { clock, servedFolder }: Pick<System, "clock" | "servedFolder">,
  { folders, isCompressing }: Options,
): Promise<(app: FetchHandler) => FetchHandler> {
  const opened = await Promise.all(
    folders.map(async ({ path, folder }) => ({ path, files: await servedFolder(folder) })),
  );
  const files = new StaticFiles(longestFirst(opened), clock, isCompressing);
  return (app) => files.before(app);
}

const index = "index.html";

class StaticFiles {
  readonly #folders: readonly OpenedFolder[];
  readonly #clock: Clock;
  readonly #isCompressing: boolean;
  readonly #hono = new Hono<{ Bindings: AskedFile }>({ getPath: (_, options) => options!.env!.routed })
    .use(serveStatic({
      root: "",
      mimes: types,
      allowPercentInPath: true,
      getContent: (_, context: Context<{ Bindings: AskedFile }>) => answerWithFile(context),
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
      const answer = method === "GET" || method === "HEAD" ? this.#answer(request) : null;
      return answer ?? app(request, info, context);
    };
  }

  /** `null`: it is the app's. */
  #answer(request: Request): Response | Promise<Response> | null {
    const url = directUrl(request);
    const asked = staticPath(pathOf(url), this.#folders);
    if (asked.is === "elsewhere") return null;
    if (asked.is === "refused") return refusal(404);
    const { files } = asked.folder;
    const found = files.open(asked.path);
    if (found.is === "outside") return refusal(404);
    if (found.is === "nothing") return null;
    if (found.is === "file") return this.#send(request, asked.path, found.file, files);
    const isClosed = asked.path === "" ? pathOf(url).endsWith("/") : asked.path.endsWith("/");
    const path = `${asked.path}${asked.path === "" || isClosed ? "" : "/"}${index}`;
    const file = files.open(path);
    if (file.is === "outside") return refusal(404);
    if (file.is !== "file") return null;
    if (isClosed) return this.#send(request, path, file.file, files);
    file.file.close();
    return withSlash(targetOf(url));
  }

  #send(request: Request, path: string, file: OpenFile, folder: ServedFolder): Response | Promise<Response> {
    return this.#hono.fetch(request, {
      // Hono decodes it.
      routed: `/${path.replaceAll("%", "%25")}`,
      path,
      type: typeOf(path),
      file,
      folder,
      header: (name) => headerOf(request, name),
      isHead: request.method === "HEAD",
      now: this.#clock.wall(),
      isCompressing: this.#isCompressing,
    });
  }
}

/** What a page says of other files is relative to its path. It begins with one slash: two would name another server. */
function withSlash(target: string): Response {
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  const location = `${path}/${query < 0 ? "" : target.slice(query)}`;
  return new Response(null, { status: 301, headers: { location, "cache-control": "no-cache" } });
}

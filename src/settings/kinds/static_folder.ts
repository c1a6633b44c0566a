import type { StaticFolder } from "../../core/http/static_path.ts";
import type { Kind } from "./kind.ts";

/** What a path of a URL can have unescaped, without dots at the beginning of a step. */
const urlPath = /^(\/(?!\.)[\w.~!$&'()*+,;:@-]+)*\/?$/;

/** `PATH=FOLDER`. */
export const staticFolder: Kind<StaticFolder, `${string}=${string}`> = {
  accepts: "a path and a folder as PATH=FOLDER, such as /assets=./public",
  type: "`${string}=${string}`",
  placeholder: "PATH=FOLDER",
  parse(given) {
    const [, path, folder] = /^(\/[^=]*)=([^\0]+)$/.exec(String(given)) ?? [];
    if (path === undefined || folder === undefined || !urlPath.test(path)) return undefined;
    return { path: path.replace(/\/$/, ""), folder };
  },
  show,
  plain: show,
};

function show({ path, folder }: StaticFolder): `${string}=${string}` {
  return `${path || "/"}=${folder}`;
}

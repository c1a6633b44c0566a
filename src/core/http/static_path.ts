/**
 * Which file the path of a request asks for. It is decoded once. What would lead elsewhere, also if somebody decoded it once
 * more, is refused before a file system is asked: what one server takes for a name, another one takes for a way out.
 */

/** A folder whose files are served below a path. */
export interface StaticFolder {
  /** Without a slash at its end; empty for the whole server. */
  readonly path: string;
  readonly folder: string;
}

/** `path` is relative to the folder, decoded, and ends with a slash for a directory. */
type StaticPath<Folder> =
  | { readonly is: "path"; readonly folder: Folder; readonly path: string }
  /** It is below a folder, and must not be answered with a file. */
  | { readonly is: "refused" }
  /** No file can have this name. */
  | { readonly is: "elsewhere" };

const elsewhere = { is: "elsewhere" } as const;
const refused = { is: "refused" } as const;

/** `target` is the path of a request as it was sent, without the query. The first of the folders counts that it is below. */
export function staticPath<Folder extends Pick<StaticFolder, "path">>(
  target: string,
  folders: readonly Folder[],
): StaticPath<Folder> {
  const decoded = decode(target);
  if (decoded === null) return elsewhere;
  const folder = folders.find(({ path }) => isBelow(decoded, path));
  if (folder === undefined) return elsewhere;
  if (leadsElsewhere(decoded)) return refused;
  // No name has a slash, and a path with two of them has more than one meaning.
  if (/%2f/i.test(target) || decoded.includes("//") || hasControls(decoded)) return elsewhere;
  return { is: "path", folder, path: decoded.slice(folder.path.length + 1) };
}

/** So that the folder of `/assets/old` counts and not that of `/assets`. */
export function longestFirst<Folder extends Pick<StaticFolder, "path">>(
  folders: readonly Folder[],
): readonly Folder[] {
  return folders.toSorted((one, other) => other.path.length - one.path.length);
}

function isBelow(decoded: string, path: string): boolean {
  return decoded.startsWith(path) && (decoded.length === path.length || decoded[path.length] === "/");
}

/** Most paths have nothing to decode. `null`: that is impossible. */
function decode(target: string): string | null {
  if (!target.includes("%")) return target;
  try {
    return decodeURIComponent(target);
  } catch {
    return null;
  }
}

const mostDecoded = 4;

function leadsElsewhere(decoded: string): boolean {
  let text: string | null = decoded;
  for (let times = 0; text !== null && times < mostDecoded; times++) {
    if (/[\\\0]/.test(text) || hasHiddenStep(text)) return true;
    const next = decode(text);
    if (next === text) return false;
    text = next;
  }
  return false;
}

/** RFC 8615: what other programs look for at a place that is not the server's to choose. */
const wellKnown = "/.well-known";

/** `..`, `.`, what other servers take for them, such as `..;`, and names that hide a file. */
function hasHiddenStep(path: string): boolean {
  const from = isBelow(path, wellKnown) ? wellKnown.length : 0;
  return path.includes("/.", from);
}

function hasControls(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

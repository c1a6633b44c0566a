/** What `ps` shows of the processes of a server that has a name. */

const start = "denicorn: ";

/** `what` is the process among those of the server: `master`, `worker 0`. */
export function titleOf(what: string, name: string): string {
  return `${start}${what} [${name}]`;
}

/** The name in a title; `null` if the text is no title. */
export function nameIn(title: string | undefined): string | null {
  return title?.startsWith(start) === true && title.endsWith("]")
    ? title.slice(title.indexOf("[") + 1, -1)
    : null;
}

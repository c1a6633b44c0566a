/** @jsxImportSource hono/jsx */
/** The pages as JSX. Hono renders them on the server and escapes the texts of visitors. */
import { html } from "hono/html";
import type { FC, PropsWithChildren } from "hono/jsx";
import type { Complaints } from "./schema.ts";
import type { Entry, Page } from "./store.ts";

/** An entry that was refused, shown again with what to change. */
export interface Draft {
  readonly values: Readonly<Record<string, unknown>>;
  readonly complaints: Complaints;
}

const Layout: FC<PropsWithChildren<{ title: string }>> = ({ title, children }) =>
  html`<!DOCTYPE html>${(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>{children}</body>
    </html>
  )}`;

interface GuestbookProps {
  readonly page: Page;
  readonly isFirst: boolean;
  readonly workerPid: number;
  readonly draft?: Draft;
}

export const GuestbookPage: FC<GuestbookProps> = ({ page, isFirst, workerPid, draft }) => (
  <Layout title="Guestbook">
    <header>
      <h1>
        <a href="/">Guestbook</a>
      </h1>
      <p>{page.total === 1 ? "1 entry" : `${page.total} entries`} so far</p>
    </header>
    <main>
      {isFirst && <EntryForm draft={draft} />}
      {page.entries.length === 0
        ? <p class="empty">There are no entries {isFirst ? "yet. Be the first!" : "before that."}</p>
        : <ol class="entries">{page.entries.map((entry) => <EntryItem key={entry.id} entry={entry} />)}</ol>}
      <nav aria-label="Pages">
        {!isFirst && <a href="/">Newest</a>}
        {page.nextBefore !== undefined && <a href={`/?before=${page.nextBefore}`} rel="next">Older</a>}
      </nav>
    </main>
    <footer>
      This page was rendered by worker process <b id="worker">{workerPid}</b>.
    </footer>
  </Layout>
);

const EntryForm: FC<{ draft?: Draft | undefined }> = ({ draft }) => (
  <form method="post" action="/entries">
    <label for="name">Your name</label>
    <input id="name" name="name" value={written(draft, "name")} required maxlength={60} autocomplete="name" />
    <Complaint about={draft?.complaints["name"]} />

    <label for="message">Your message</label>
    <textarea id="message" name="message" required maxlength={1000} rows={3}>
      {written(draft, "message")}
    </textarea>
    <Complaint about={draft?.complaints["message"]} />

    <button type="submit">Sign the guestbook</button>
  </form>
);

function written(draft: Draft | undefined, field: string): string {
  const value = draft?.values[field];
  return typeof value === "string" ? value : "";
}

const Complaint: FC<{ about: string | undefined }> = ({ about }) =>
  about === undefined ? null : <p class="complaint" role="alert">{about}</p>;

const EntryItem: FC<{ entry: Entry }> = ({ entry }) => (
  <li id={`entry-${entry.id}`}>
    <p class="message">{entry.message}</p>
    <p class="by">
      <b>{entry.name}</b>, <time datetime={entry.writtenAt}>{readableTime(entry.writtenAt)}</time>
    </p>
  </li>
);

const timeFormat = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: "UTC",
});

function readableTime(iso: string): string {
  return `${timeFormat.format(new Date(iso))} UTC`;
}

export const SorryPage: FC<PropsWithChildren<{ title: string }>> = ({ title, children }) => (
  <Layout title={title}>
    <main>
      <h1>{title}</h1>
      <p>{children}</p>
      <p>
        <a href="/">Back to the guestbook</a>
      </p>
    </main>
  </Layout>
);

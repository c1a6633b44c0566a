/** First words that users of other servers type, and what takes their place here. */

import { DenicornError } from "../core/errors.ts";

interface PeerWord {
  readonly words: readonly string[];
  /** Completes "… is no command of Denicorn: ". */
  readonly answer: string;
}

const peerWords: readonly PeerWord[] = [
  {
    words: ["ls", "ps"],
    answer: "`denicorn list` shows the servers, `denicorn status` the workers of one",
  },
  { words: ["show", "describe", "info"], answer: "run `denicorn status`" },
  {
    words: ["monit", "dashboard"],
    answer: "run `denicorn top`, or give the server --admin-bind for its page",
  },
  {
    words: ["logs", "log", "flush"],
    answer: "the server writes its log to stderr, or to --error-logfile and --access-logfile",
  },
  {
    words: ["restart"],
    answer: "`denicorn reload` replaces all workers; the service manager restarts the server",
  },
  { words: ["delete", "kill", "halt"], answer: "run `denicorn stop`" },
  {
    words: ["save", "startup", "resurrect"],
    answer: "a service manager starts the server with the machine: see docs/systemd.md",
  },
  { words: ["version"], answer: "run `denicorn --version`" },
  { words: ["dev", "watch"], answer: "run `denicorn --watch main.ts`" },
  { words: ["build", "deploy"], answer: "an app needs no build: `denicorn check` says whether it loads" },
  { words: ["install"], answer: "see docs/systemd.md" },
];

/** Throws DenicornError `usage` with what takes the place of `word`; returns if it is not known. */
export function refusePeerWord(word: string): void {
  const found = peerWords.find(({ words }) => words.includes(word));
  if (found === undefined) return;
  throw new DenicornError("usage", `"${word}" is neither a command nor a file: ${found.answer}`);
}

/**
 * Flags that users of other servers type out of habit, and what takes their place here. Without this table they would get
 * the flag with the most similar spelling, which does something else.
 */

interface PeerFlag {
  /** Whose flag it is, in messages. */
  readonly peer: string;
  readonly flags: readonly string[];
  /** Why there is no such flag, if that is worth a word, a colon, and what to do. */
  readonly answer: string;
}

const peerFlags: readonly PeerFlag[] = [
  {
    peer: "deno serve",
    flags: ["--parallel"],
    answer: "one worker for each core is the default: leave it out, or give --workers N",
  },
  {
    peer: "Deno",
    flags: [
      "-A",
      "--allow-all",
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-run",
    ],
    answer: "the app has all permissions: leave it out, or give --app-permissions with those that it keeps",
  },
  { peer: "Deno", flags: ["--cert"], answer: "give --certfile FILE, and --keyfile FILE with its key" },
  { peer: "Deno", flags: ["--key"], answer: "give --keyfile FILE, and --certfile FILE with its certificate" },
  { peer: "PM2", flags: ["-i", "--instances"], answer: "give -w auto for a worker on each core, or -w N" },
  { peer: "PM2", flags: ["--max-memory-restart"], answer: "give --max-memory SIZE" },
  { peer: "PM2", flags: ["--kill-timeout"], answer: "give --graceful-timeout TIME" },
  { peer: "PM2", flags: ["--listen-timeout"], answer: "give --boot-timeout TIME" },
  {
    peer: "PM2",
    flags: ["--wait-ready"],
    answer: "a worker is ready when it listens: leave it out; --ready-path PATH asks the app as well",
  },
  {
    peer: "PM2",
    flags: ["--no-autorestart", "--exp-backoff-restart-delay", "--restart-delay"],
    answer: "workers that die are replaced, more slowly if they die often: leave it out",
  },
  {
    peer: "PM2",
    flags: ["--cron-restart"],
    answer: "give --max-lifetime TIME, which replaces workers one by one",
  },
  { peer: "PM2", flags: ["-o", "--output"], answer: "give --capture-output and --error-logfile FILE" },
  {
    peer: "Node.js and Deno",
    flags: ["--node-args", "--interpreter-args", "--v8-flags", "--max-old-space-size"],
    answer: "give --max-heap SIZE for the heap of a worker; other flags of V8 cannot be set",
  },
  {
    peer: "Gunicorn and Puma",
    flags: ["--preload", "--preload-app"],
    answer:
      "processes of Deno cannot share memory, so each worker imports the app: leave it out; export `prepare` for what " +
      "is done once before",
  },
  { peer: "Gunicorn", flags: ["--worker-connections"], answer: "give --limit-concurrency N" },
  {
    peer: "Gunicorn",
    flags: ["--worker-tmp-dir"],
    answer: "workers give their signs of life in shared memory, not in a file: leave it out",
  },
  { peer: "Gunicorn", flags: ["--check-config"], answer: "run `denicorn check APP`" },
  { peer: "Gunicorn", flags: ["--print-config"], answer: "run `denicorn settings APP`" },
  {
    peer: "Gunicorn",
    flags: ["--log-file", "--error-log", "--log-config"],
    answer: "give --error-logfile FILE",
  },
  { peer: "uvicorn", flags: ["--ssl-certfile"], answer: "give --certfile FILE" },
  { peer: "uvicorn", flags: ["--ssl-keyfile"], answer: "give --keyfile FILE" },
  { peer: "uvicorn", flags: ["--uds"], answer: "give --bind unix:PATH" },
  {
    peer: "uvicorn",
    flags: ["--proxy-headers"],
    answer: "give --forwarded-allow-ips with the address of the proxy",
  },
  {
    peer: "uvicorn",
    flags: ["--loop", "--http", "--ws"],
    answer: "there is nothing to choose from: leave it out",
  },
  { peer: "other servers", flags: ["--cwd", "--directory"], answer: "give --chdir DIRECTORY" },
  { peer: "PM2", flags: ["--name"], answer: "give --proc-name NAME" },
  { peer: "other servers", flags: ["--uid"], answer: "give --user USER" },
  { peer: "other servers", flags: ["--gid"], answer: "give --group GROUP" },
  { peer: "other servers", flags: ["--concurrency"], answer: "give --limit-concurrency N, or --workers N" },
];

/** Every flag in the table. */
export const knownPeerFlags: readonly string[] = peerFlags.flatMap(({ flags }) => flags);

/** What to say about `flag`, such as `--preload`; `undefined` if no other server is known for it. */
export function peerFlagAnswer(flag: string): string | undefined {
  const found = peerFlags.find(({ flags }) => flags.includes(flag));
  return found === undefined ? undefined : `a flag of ${found.peer}: ${found.answer}`;
}

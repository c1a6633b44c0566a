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
    answer: "give -w auto for a worker on each core, or -w N",
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
      "--allow-sys",
      "--allow-ffi",
      "--allow-import",
      "-R",
      "-W",
      "-N",
      "-E",
      "-S",
      "-P",
      "--permission-set",
      "--deny-net",
      "--deny-read",
      "--deny-write",
      "--deny-env",
      "--deny-run",
      "--deny-sys",
      "--deny-ffi",
    ],
    answer: "the app has all permissions: leave it out, or give --app-permissions with those that it keeps",
  },
  {
    peer: "Deno",
    flags: ["--inspect", "--inspect-brk", "--inspect-wait"],
    answer: "workers cannot be attached to: run the app in `deno serve --inspect-brk` to debug it",
  },
  {
    peer: "Deno",
    flags: ["--watch-hmr", "--watch-exclude", "--no-clear-screen"],
    answer: "give --watch, which follows only the files that the app is made from",
  },
  {
    peer: "Deno",
    flags: ["--check", "--no-check"],
    answer: "types are not checked: leave it out, and run `deno check` before a release",
  },
  {
    peer: "Deno",
    flags: ["--import-map", "--node-modules-dir"],
    answer: "the deno.json of the app counts: say it there, and leave it out here",
  },
  {
    peer: "Deno",
    flags: ["--lock", "--no-lock", "--frozen", "--cached-only", "--no-remote", "--no-npm", "--vendor"],
    answer: "packages come from node_modules: leave it out, and give it to `deno install`",
  },
  { peer: "Deno", flags: ["-q", "--quiet"], answer: "give --log-level warning" },
  { peer: "Deno", flags: ["--no-prompt", "--open", "--tunnel"], answer: "leave it out" },
  {
    peer: "Deno",
    flags: ["--unstable", "--unstable-kv", "--unstable-cron"],
    answer: "say it in `unstable` of deno.json, and leave it out here",
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
    flags: ["--cron", "--cron-restart"],
    answer: "give --max-lifetime TIME, which replaces workers one by one",
  },
  {
    peer: "PM2",
    flags: ["-o", "--output", "-l", "--log", "--error", "--merge-logs"],
    answer: "give --capture-output and --error-logfile FILE",
  },
  {
    peer: "PM2",
    flags: ["--time", "--log-date-format"],
    answer: "each line of the log has its time: leave it out",
  },
  {
    peer: "PM2",
    flags: ["--ignore-watch", "--watch-delay"],
    answer: "give --watch, which follows only the files that the app is made from",
  },
  { peer: "PM2", flags: ["--update-env"], answer: "each reload reads --env-file FILE again: leave it out" },
  {
    peer: "PM2",
    flags: ["--max-restarts", "--min-uptime"],
    answer: "workers that die are replaced, more slowly if they die often: leave it out",
  },
  {
    peer: "PM2",
    flags: ["--interpreter", "-x", "--source-map-support"],
    answer: "the executable is the runtime, and error stacks show the sources: leave it out",
  },
  {
    peer: "PM2",
    flags: ["-f", "--force", "--attach", "--namespace", "--only"],
    answer: "each server has one app, on the terminal unless --daemon is given: leave it out",
  },
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
    flags: ["--log-file", "--error-log", "--log-config", "--log-config-json", "--logger-class"],
    answer: "give --error-logfile FILE, and --log-format json for lines of JSON",
  },
  {
    peer: "Gunicorn",
    flags: ["--log-syslog", "--log-syslog-to", "--log-syslog-prefix", "--log-syslog-facility"],
    answer: "give --error-logfile syslog:/dev/log, or syslog:ADDRESS:PORT?facility=local0&tag=NAME",
  },
  {
    peer: "Gunicorn",
    flags: ["--enable-stdio-inheritance"],
    answer: "what the app prints goes to stdout and stderr: leave it out, or give --capture-output",
  },
  {
    peer: "Gunicorn",
    flags: ["--reload-engine", "--reload-extra-file"],
    answer: "give --watch, which follows only the files that the app is made from",
  },
  {
    peer: "Gunicorn",
    flags: ["--no-sendfile", "--reuse-port", "--initgroups", "--disable-redirect-access-to-syslog"],
    answer: "that is always so here, or nothing to choose: leave it out",
  },
  {
    peer: "Gunicorn",
    flags: ["--pythonpath", "--paste", "--spew"],
    answer: "there is no Python here: leave it out",
  },
  {
    peer: "Gunicorn",
    flags: ["--limit-request-field_size", "--limit-request-field-size"],
    answer: "the size of a header cannot be set: leave it out; --limit-request-fields limits their number",
  },
  {
    peer: "Gunicorn",
    flags: ["--proxy-allow-from"],
    answer: "give --forwarded-allow-ips with the address of the proxy",
  },
  {
    peer: "Gunicorn",
    flags: ["--ssl-version", "--cert-reqs", "--ca-certs", "--ciphers", "--do-handshake-on-connect"],
    answer:
      "TLS 1.2 and 1.3 with the ciphers of the runtime, and no certificates of clients: leave it out, or let a proxy do that",
  },
  {
    peer: "Gunicorn",
    flags: ["--statsd-prefix", "--dogstatsd-tags"],
    answer: "metrics have Gunicorn's names, without a prefix or tags: leave it out",
  },
  { peer: "uvicorn", flags: ["--ssl-certfile"], answer: "give --certfile FILE" },
  { peer: "uvicorn", flags: ["--ssl-keyfile"], answer: "give --keyfile FILE" },
  { peer: "uvicorn", flags: ["--timeout-keep-alive"], answer: "give --keep-alive TIME" },
  { peer: "uvicorn", flags: ["--timeout-graceful-shutdown"], answer: "give --graceful-timeout TIME" },
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

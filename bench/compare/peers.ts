/** The servers that are compared, and how each one serves an app. */

import { binary, denoRun, fromSource } from "../support/program.ts";
import type { Launch } from "./server.ts";
import type { App, Prepared } from "./setup/apps.ts";
import { debianEnv, home, programs, type Tool } from "./setup/tools.ts";

/** What a peer is asked to serve. */
export interface Task {
  readonly app: App;
  readonly workers: number;
  readonly port: number;
  /** Private to this start; removed at the end. */
  readonly scratch: string;
}

export interface Peer {
  /** The program that must be there. */
  readonly tool?: Tool;
  readonly apps: readonly App[];
  /** The command line of a worker, if its workers are not simply the processes that the first one started. */
  readonly worker?: RegExp;
  /** The signal to the first process that replaces all workers. */
  readonly reload?: Deno.Signal;
  readonly launch: (task: Task, prepared: Prepared) => readonly Launch[];
}

const javascript = ["tiny", "hello", "api", "computing", "mixed"] as const;
const scripts = ["tiny", "computing", "mixed"] as const;
const denicornWorker = /\0--worker\0/;

export const peers = {
  "bare Deno.serve": { apps: javascript, launch: bare(({ folder }) => [...denoRun, `${folder}/bare.js`]) },
  "bare Deno.serve, compiled": { apps: javascript, launch: bare(({ bareBinary }) => [bareBinary]) },
  "deno run, version of the binary": {
    apps: javascript,
    // Deno empties its caches if another version uses them.
    launch: bare(
      ({ folder, runtime }) => [runtime.deno, "run", "-A", "--quiet", "--unstable-net", `${folder}/bare.js`],
      { DENO_DIR: `${home}/deno-dir` },
    ),
  },
  "denicorn source": {
    apps: javascript,
    worker: denicornWorker,
    reload: "SIGHUP",
    launch: denicorn(fromSource),
  },
  "denicorn binary": { apps: javascript, worker: denicornWorker, reload: "SIGHUP", launch: denicorn(binary) },
  "denicorn source, access log": {
    apps: javascript,
    worker: denicornWorker,
    launch: denicorn(fromSource, "--access-logfile", "access.log"),
  },
  "denicorn binary, access log": {
    apps: javascript,
    worker: denicornWorker,
    launch: denicorn(binary, "--access-logfile", "access.log"),
  },
  "deno serve --parallel": { apps: javascript, launch: denoServe("--parallel") },
  "deno serve": { apps: javascript, launch: denoServe() },
  "Node cluster": {
    tool: "node",
    apps: javascript,
    launch: ({ app, workers, port }, { folder }) => [{
      command: [...programs.node, `${folder}/node.js`],
      env: { ...nodeEnv(app, port, folder), WORKERS: `${workers}` },
    }],
  },
  "PM2 cluster": {
    tool: "pm2",
    apps: javascript,
    worker: /^node \S*node\.js/,
    launch: ({ app, workers, port, scratch }, { folder }) => [{
      command: [...programs.pm2, "start", `${folder}/node.js`, "-i", `${workers}`],
      env: { ...nodeEnv(app, port, folder), PM2_HOME: scratch },
    }],
  },
  "Bun, reusePort": {
    tool: "bun",
    apps: javascript,
    launch: ({ app, workers, port }, { folder }) =>
      times(workers, {
        command: [...programs.bun, `${folder}/bun.js`, `${folder}/${app}.mjs`],
        env: { PORT: `${port}` },
      }),
  },
  "nginx": { tool: "nginx", reload: "SIGHUP", apps: ["tiny"], launch: nginx },
  "Gunicorn sync": {
    tool: "gunicorn",
    reload: "SIGHUP",
    apps: scripts,
    launch: gunicorn("--worker-class", "sync"),
  },
  "Gunicorn gthread": {
    tool: "gunicorn",
    reload: "SIGHUP",
    apps: scripts,
    launch: gunicorn("--worker-class", "gthread", "--threads", "8"),
  },
  "Puma": {
    tool: "puma",
    reload: "SIGUSR1",
    apps: scripts,
    launch: ({ app, workers, port }, { folder }) => [{
      command: [
        ...[...programs.puma, "--quiet", "--environment", "production", "--workers", `${workers}`],
        ...["--threads", "1:5", "--bind", `tcp://127.0.0.1:${port}`, `${folder}/rack.ru`],
      ],
      env: { ...debianEnv, APP: app },
    }],
  },
  "uvicorn": {
    tool: "uvicorn",
    apps: scripts,
    launch: ({ app, workers, port }, { folder }) => [{
      command: [
        ...[...programs.uvicorn, "--workers", `${workers}`, "--port", `${port}`, "--no-access-log"],
        ...["--log-level", "error", "--app-dir", folder, `asgi:${app}`],
      ],
      env: debianEnv,
    }],
  },
} as const satisfies Record<string, Peer>;

export type PeerName = keyof typeof peers;

function times(count: number, launch: Launch): readonly Launch[] {
  return Array.from({ length: count }, () => launch);
}

function bare(program: (prepared: Prepared) => readonly string[], env: Record<string, string> = {}) {
  return ({ app, workers, port }: Task, prepared: Prepared) =>
    times(workers, {
      command: [...program(prepared), `${prepared.folder}/${app}.mjs`],
      env: { ...env, PORT: `${port}` },
    });
}

function denicorn(program: readonly string[], ...options: readonly string[]) {
  return ({ app, workers, port, scratch }: Task, { folder }: Prepared) => [{
    command: [
      ...[...program, "--workers", `${workers}`, "--bind", `127.0.0.1:${port}`, "--log-level", "error"],
      ...[...options, `${folder}/${app}.mjs`],
    ],
    // Bundles stay between starts, as on a server.
    env: { XDG_RUNTIME_DIR: scratch, XDG_CACHE_HOME: `${home}/cache` },
  }];
}

function denoServe(...options: readonly string[]) {
  return ({ app, workers, port }: Task, { folder }: Prepared) => [{
    command: [
      ...[Deno.execPath(), "serve", "-A", "--quiet", "--no-config", "--host", "127.0.0.1"],
      ...["--port", `${port}`, ...options, `${folder}/${app}.mjs`],
    ],
    env: { DENO_JOBS: `${workers}` },
  }];
}

function nodeEnv(app: App, port: number, folder: string) {
  return { APP: `${folder}/${app}.mjs`, PORT: `${port}`, NODE_ENV: "production" };
}

function gunicorn(...options: readonly string[]) {
  return ({ app, workers, port }: Task, { folder }: Prepared) => [{
    command: [
      ...[...programs.gunicorn, "--workers", `${workers}`, "--bind", `127.0.0.1:${port}`, "--chdir", folder],
      ...["--log-level", "error", ...options, `wsgi:${app}`],
    ],
    env: debianEnv,
  }];
}

/** Answers a text of its own: it runs no app. */
function nginx({ workers, port, scratch }: Task): readonly Launch[] {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const config = `
daemon off; worker_processes ${workers}; pid ${scratch}/pid; error_log stderr;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000;
  ${temporary.map((name) => `${name}_temp_path ${scratch}/${name};`).join(" ")}
  server {
    listen 127.0.0.1:${port} reuseport;
    location / { default_type text/plain; return 200 "Hello, World!"; }
  }
}`;
  Deno.writeTextFileSync(`${scratch}/nginx.conf`, config);
  return [{
    command: [...programs.nginx, "-p", scratch, "-e", "stderr", "-c", `${scratch}/nginx.conf`],
    env: debianEnv,
  }];
}

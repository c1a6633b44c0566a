/**
 * `node:cluster` as a worker of it sees it: programs that fork their own workers then run the worker's part. The runtime
 * takes a worker for a primary, and the exports of its module cannot be changed for `import`.
 */

import type { Plugin } from "esbuild";

const namespace = "denicorn-cluster";

/** The slot is in the environment, also for the threads of an app. */
const contents = `
const { EventEmitter } = process.getBuiltinModule("node:events");
const refusing = (name) => () => {
  throw new Error("cannot call cluster." + name + "(): Denicorn starts the workers: remove the call, " +
    "or run only the part of the worker: cluster.isPrimary is false here, and --workers says how many there are");
};
class Worker extends EventEmitter {
  id = Number(process.env.NODE_APP_INSTANCE) + 1;
  process = process;
  exitedAfterDisconnect = undefined;
  isConnected() { return true; }
  isDead() { return false; }
  send(...values) { return process.send(...values); }
  disconnect() {
    this.exitedAfterDisconnect = true;
    process.kill(process.pid, "SIGTERM");
    return this;
  }
  kill() { this.disconnect(); }
  destroy() { this.disconnect(); }
}
module.exports = Object.assign(new EventEmitter(), {
  ...{ isPrimary: false, isMaster: false, isWorker: true, worker: new Worker(), Worker, settings: {} },
  ...{ SCHED_NONE: 1, SCHED_RR: 2, schedulingPolicy: 2 },
  ...Object.fromEntries(["fork", "setupPrimary", "setupMaster", "disconnect"].map((name) => [name, refusing(name)])),
});
`;

export function nodeCluster(): Plugin {
  return {
    name: namespace,
    setup(build) {
      build.onResolve({ filter: /^(node:)?cluster$/ }, ({ path }) => ({ path, namespace }));
      build.onLoad({ filter: /./, namespace }, () => ({ contents }));
    },
  };
}

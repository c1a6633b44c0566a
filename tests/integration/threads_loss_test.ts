/** Short runs of bench/loss with workers that are threads: two processes with two each. */

import { lossTest } from "./loss.ts";

const args = ["--worker-class", "threads", "--threads", "2"];
const isOnOneTarget = true;

for (const mode of ["new", "keep-alive"] as const) {
  lossTest(`threads: reloads lose nothing, connections: ${mode}`, { kind: "hup", mode, args, isOnOneTarget });
  lossTest(`threads: scaling up and down loses nothing, connections: ${mode}`, {
    kind: "scale",
    mode,
    args,
    isOnOneTarget,
  });
  lossTest(`threads: recycling loses nothing, connections: ${mode}`, {
    kind: "max-requests",
    mode,
    isOnOneTarget,
    args: [...args, "--max-requests", "200", "--max-requests-jitter", "100"],
  });
  lossTest(`threads: upgrades lose nothing, connections: ${mode}`, {
    kind: "usr2",
    mode,
    args,
    isOnOneTarget,
  });
}

/** Short runs of bench/loss: no operation on the server loses a request. */

import { assert } from "../assert.ts";
import { lossTest } from "./loss.ts";

for (const mode of ["new", "keep-alive"] as const) {
  lossTest(`nothing is lost without operations, connections: ${mode}`, {
    kind: "quiet",
    mode,
    check: ({ requests }) => assert(requests >= 4_000, `${requests} requests`),
  });
  lossTest(`reloads lose nothing, connections: ${mode}`, { kind: "hup", mode });
  lossTest(`scaling up and down loses nothing, connections: ${mode}`, { kind: "scale", mode });
  lossTest(`recycling by max-requests loses nothing, connections: ${mode}`, { kind: "max-requests", mode });
  lossTest(`upgrades lose nothing, connections: ${mode}`, { kind: "usr2", mode });
}

lossTest("a killed worker loses at most what it has accepted and what waits in its queue", { kind: "kill" });

lossTest("new connections are steered away from a blocked worker", {
  kind: "stall",
  check: ({ figures }) => assert(figures["delayedPercent"]! < 10, JSON.stringify(figures)),
});

lossTest("without steering a blocked worker delays its share of new connections but loses none", {
  kind: "stall",
  args: ["--steering", "off"],
  check: ({ figures }) => assert(figures["delayedPercent"]! > 10, JSON.stringify(figures)),
});

lossTest("without steering reloads delay some new connections but lose none", {
  kind: "hup",
  args: ["--steering", "off"],
});

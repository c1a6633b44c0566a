/** The text of `denicorn ctl worker N dump`. */

import type { DescribedWorker } from "../../control/endpoints.ts";
import { alignedTable } from "../layout.ts";
import { ageText, counted, lines, stateOf, timeText } from "./figures.ts";

export function describedText({ worker, description, problem }: DescribedWorker): string {
  return lines([
    ...(worker === null ? ["it has ended"] : [
      `worker ${worker.slot} (process ${worker.pid}, generation ${worker.generation}) is ${
        stateOf(worker)
      }, ` +
      `for ${ageText(worker.age)}`,
      `event loop: ${worker.lag} ms late at the last heartbeat, ${worker.greatestLag} ms at most lately` +
      (worker.heartbeatAge === null ? "" : `, last heartbeat ${timeText(worker.heartbeatAge)} ago`),
    ]),
    ...(problem === null ? [] : [problem]),
    // All that is known of a worker that is blocked, or has just ended.
    ...(description !== null || worker?.current == null
      ? []
      : [`busy with ${worker.current.method} ${worker.current.path} for ${timeText(worker.current.ms)}`]),
    ...(description === null ? [] : described(description)),
  ]);
}

function described(
  { requests, others, heapUsed, heapTotal, external, resident, tasks }: NonNullable<
    DescribedWorker["description"]
  >,
): string[] {
  const size = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return [
    `memory: ${size(heapUsed)} of ${size(heapTotal)} in the heap, ${size(external)} in buffers, ${
      size(resident)
    } in all`,
    ...(tasks === "" ? [] : [`tasks: ${tasks}`]),
    `${counted(requests.length + others, "request")} in flight`,
    ...(requests.length === 0 ? [] : alignedTable([
      ["FOR", "STATUS", "REQUEST"],
      ...requests.map(({ method, path, ms, status }) => [
        timeText(ms),
        status === 0 ? "-" : String(status),
        `${method} ${path}`,
      ]),
    ])),
    ...(others === 0 ? [] : [`and ${counted(others, "younger one")}`]),
  ];
}

/**
 * What a page, a report and a look at whether it is alive cost an app that computes. It sleeps instead, which blocks its
 * event loop in the same way, so that figures do not depend on what else the machine computes.
 */
const costs: Readonly<Record<string, number>> = { "/page": 20, "/report": 200 };

const asleep = new Int32Array(new SharedArrayBuffer(4));

export default (request: Request): Response => {
  const cost = costs[new URL(request.url).pathname] ?? 0;
  if (cost > 0) Atomics.wait(asleep, 0, 0, cost);
  return new Response("computed");
};

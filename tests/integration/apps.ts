/** Small apps that tests serve. */

/** Responds with the process id of the worker. */
export const pidApp = `export default { fetch: () => new Response(String(Deno.pid)) };\n`;

/** Responds with `text`, after N milliseconds if the query is `?ms=N`. */
export const slowApp = (text: string) => `
export default {
  async fetch(request: Request): Promise<Response> {
    const ms = Number(new URL(request.url).searchParams.get("ms") ?? 0);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    return new Response(${JSON.stringify(text)});
  },
};
`;

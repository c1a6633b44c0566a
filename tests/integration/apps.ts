/** Small apps that tests serve. */

/** Answers with the id of the process that serves. */
export const pidApp = `export default { fetch: () => new Response(String(Deno.pid)) };\n`;

/** `/slow?ms=N` answers after N milliseconds, anything else at once; both with `text`. */
export const slowApp = (text: string) => `
export default {
  async fetch(request: Request): Promise<Response> {
    const ms = Number(new URL(request.url).searchParams.get("ms") ?? 0);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    return new Response(${JSON.stringify(text)});
  },
};
`;

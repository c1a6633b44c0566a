/** The smallest app. */
export default { fetch: (): Response => new Response("Hello, World!") };

/** Each request computes for 8 ms, as rendering a page does. */
export default {
  fetch(): Response {
    for (const end = performance.now() + 8; performance.now() < end;);
    return new Response("computed");
  },
};

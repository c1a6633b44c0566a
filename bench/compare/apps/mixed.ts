/** One request of a hundred computes for 50 ms; the others are answered at once. */
export default {
  fetch(): Response {
    if (Math.random() < 0.01) {
      for (const end = performance.now() + 50; performance.now() < end;);
    }
    return new Response("mixed");
  },
};

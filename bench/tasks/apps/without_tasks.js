/** The app beside which `denicorn.js` is measured: its handler, and no tasks. */
export default async (request) => {
  if (request.method === "GET") return new Response("Hello, World!");
  return Response.json(await request.json());
};

/** Tasks of Denicorn. `POST /` with `addAll`'s options adds some and answers with the milliseconds that it took. */

import { enqueue } from "denicorn";
import process from "node:process";
import { addAll, Tally } from "./tally.js";

const tally = new Tally(process.env.TALLY);

export const tasks = { work: (payload) => tally.run(payload) };

export default async (request) => {
  if (request.method === "GET") return new Response("Hello, World!");
  return Response.json(await addAll(await request.json(), (payload) => enqueue("work", payload)));
};

/**
 * A supervisor and its workers: questions wait in one queue, and 2 to 4 worker processes answer one at a time.
 *
 *     denicorn examples/supervisor/main.ts --config examples/supervisor/denicorn.config.ts
 *     curl -X POST 'http://127.0.0.1:8000/questions?count=20'
 *
 * Each answer takes as long as one of a language model. With 18 questions waiting, a third worker starts at once, then a
 * fourth. Kill one (`kill -9` with a pid from the log): another one answers its question, and a new worker takes its place.
 */
import { enqueue, type TaskContext } from "denicorn";
import { Hono } from "hono";

interface Question {
  readonly number: number;
}

/** How long one answer takes, in milliseconds. */
const thinkingTime = Number(Deno.env.get("THINKING_TIME") ?? 3_000);

export const tasks = {
  async answer({ number }: Question, { log, signal, attempt }: TaskContext) {
    const again = attempt === 1 ? "" : ` (attempt ${attempt})`;
    log.info(`thinking about question ${number}${again}`);
    await thinking(signal);
    log.info(`answered question ${number}`);
    return `the answer to question ${number}`;
  },
};

/** Stands for the request to a language model: it waits, and keeps no processor busy. */
function thinking(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, thinkingTime);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

const app = new Hono();

app.post("/questions", async (c) => {
  const count = Number(c.req.query("count") ?? 1);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const ids = await Promise.all(numbers.map((number) => enqueue("answer", { number })));
  return c.json({ ids }, 202);
});

export default app;

import type { Clock } from "./system.ts";

export const clock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
  every(ms, fire) {
    const timer = setInterval(fire, ms);
    Deno.unrefTimer(timer);
    return () => clearInterval(timer);
  },
};

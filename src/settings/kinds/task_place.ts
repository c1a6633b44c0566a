import { redisAddress } from "../../core/tasks/redis_address.ts";
import { messageOf } from "../../core/thrown.ts";
import type { Kind } from "./kind.ts";
import { withoutPassword } from "./redis_password.ts";

/** Where the tasks wait: a file of SQLite, memory of this server, or Redis. */
export type TaskPlace =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "memory" }
  | { readonly kind: "redis"; readonly url: string };

export const taskPlace: Kind<TaskPlace, string> = {
  accepts: "sqlite:PATH, memory:, or redis://HOST:PORT or rediss://… of a Redis server",
  type: "string",
  placeholder: "STORE",
  parse(given) {
    const text = String(given);
    if (text.includes("\0")) return undefined;
    if (text === "memory:") return { kind: "memory" };
    if (isRedis(text)) return mistakeIn(text) === undefined ? { kind: "redis", url: text } : undefined;
    const path = /^sqlite:(?!\/\/)(.+)$/.exec(text)?.[1];
    return path === undefined ? undefined : { kind: "sqlite", path };
  },
  objection: (given) => isRedis(String(given)) ? mistakeIn(String(given)) : undefined,
  show: shown,
  plain: shown,
};

function isRedis(text: string): boolean {
  return /^rediss?:/.test(text);
}

function mistakeIn(url: string): string | undefined {
  try {
    redisAddress(url);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Without the password of Redis. */
function shown(place: TaskPlace): string {
  switch (place.kind) {
    case "sqlite":
      return `sqlite:${place.path}`;
    case "memory":
      return "memory:";
    case "redis":
      return withoutPassword(place.url);
  }
}

import { onOrOff } from "../setting.ts";

/** What workers do for every app: a worker gets all of these unchanged. */
export const httpSettings = {
  compress: onOrOff({
    description: "Whether responses are compressed for clients that accept it.",
    unset: "off",
    reload: true,
  }),
};

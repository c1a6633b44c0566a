import type { Setting } from "../setting.ts";
import { many, one, optional } from "../setting.ts";
import { appReference, choice, directory, file, type Pair, pair } from "../kinds/text.ts";

export const appSettings = {
  app: optional(appReference, {
    description: "The app to serve, as path/to/module[:export]; without a name, its default export.",
    unset: "none",
    reload: true,
    flag: false,
  }),
  config: optional(file, {
    description: "Config file to read instead of denicorn.config.ts, .js or .json in the working directory.",
    unset: "found by name",
    short: "c",
    reload: false,
  }),
  chdir: optional(directory, {
    description: "Directory to change to before the app is loaded.",
    unset: "none",
    reload: false,
  }),
  env: environmentOfTheApp(),
  bundleCache: one(choice("WHEN", ["auto", "off"]), {
    description: "Keep the bundle of the app in the user's cache, for starts that find nothing changed.",
    default: "auto",
    reload: true,
  }),
};

type EnvConfig =
  | Readonly<Record<string, string | number>>
  | `${string}=${string}`
  | readonly `${string}=${string}`[];

/** In a config file, an object reads better than a list of pairs. */
function environmentOfTheApp(): Setting<readonly Pair[], EnvConfig> {
  return many(pair, {
    description: "Environment variable for the app.",
    default: [],
    short: "e",
    reload: true,
    list(given) {
      if (Array.isArray(given)) return given;
      if (typeof given !== "object" || given === null) return [given];
      return Object.entries(given).map(([key, value]) =>
        // What cannot be a pair is passed on as it stands, to be refused: "A=B" as a key would read as another pair.
        !key.includes("=") && (typeof value === "string" || typeof value === "number")
          ? `${key}=${value}`
          : { [key]: value }
      );
    },
  });
}

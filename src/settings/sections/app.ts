import { NotJson } from "../not_json.ts";
import type { Setting } from "../setting.ts";
import { hidden, many, one, optional } from "../setting.ts";
import { appReference, choice, directory, file, type Pair, pair } from "../kinds/text.ts";

export const appSettings = {
  app: optional(appReference, {
    description: "App to serve, as path/to/module[:export]; without an export name, the default export.",
    unset: "none",
    reload: true,
    flag: false,
  }),
  appType: one(choice("TYPE", ["auto", "fetch", "node"]), {
    description:
      "How the app takes requests: fetch is (request, info) => Response, node is (req, res) => void. Only a function that " +
      "takes (req, res) and is no Express app needs node; auto finds out the rest.",
    default: "auto",
    reload: true,
  }),
  config: optional(file, {
    description:
      "Config file to read instead of denicorn.config.ts, .js or .json. It is looked for in chdir, if the command line or " +
      "the environment gives it, and where the server was started.",
    unset: "found by name",
    short: "c",
    reload: false,
  }),
  chdir: optional(directory, {
    description:
      "Directory in which the app is looked for and runs. Links in its path are followed again at each reload.",
    unset: "where the server was started",
    reload: true,
  }),
  env: environmentOfTheApp(),
  bundleCache: one(choice("WHEN", ["auto", "off"]), {
    description: "Whether to keep bundles in the user's cache, for later starts from unchanged files.",
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
  return many({ ...pair, show: masked, plain: masked }, {
    description:
      "Environment variable to set for the app. The value is shown nowhere, but other users can see it on the " +
      "command line: use the environment or a config file for a secret.",
    secret: true,
    shownIfRefused: withoutValues,
    default: [],
    short: "e",
    reload: true,
    list(given) {
      if (Array.isArray(given)) return given;
      if (typeof given !== "object" || given === null) return [given];
      return Object.entries(given).map(([key, value]) =>
        // What cannot be a pair is passed on unchanged and refused: "A=B" as a key would make a different pair.
        !key.includes("=") && (typeof value === "string" || typeof value === "number")
          ? `${key}=${value}`
          : { [key]: value }
      );
    },
  });
}

function masked([key]: Pair): `${string}=${string}` {
  return `${key}=${hidden}`;
}

/** What was meant as a pair, without its value. */
function withoutValues(given: unknown): unknown {
  if (typeof given === "string") {
    const end = given.indexOf("=");
    return end === -1 ? given : `${given.slice(0, end)}=${hidden}`;
  }
  if (typeof given !== "object" || given === null || given instanceof NotJson) return given;
  const isText = (value: unknown) => typeof value === "string" || typeof value === "number";
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, isText(value) ? hidden : value]),
  );
}

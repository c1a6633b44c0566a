import { NotJson } from "../not_json.ts";
import type { Setting } from "../setting.ts";
import { hidden, many, one, onOffOr, optional } from "../setting.ts";
import {
  appReference,
  argument,
  choice,
  directory,
  file,
  packageName,
  type Pair,
  pair,
} from "../kinds/text.ts";

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
  envFile: many(file, {
    description:
      "File with environment variables for the app, in dotenv syntax; read again at each reload. Variables that are set " +
      "already keep their values, and --env overrides it.",
    default: [],
    reload: true,
  }),
  external: many(packageName, {
    description:
      "Package to leave out of the bundle and load from node_modules while the app runs, or @scope/* for all of a scope. " +
      "Packages with native addons and some others are left out anyway.",
    default: [],
    reload: true,
  }),
  args: many(argument, {
    description:
      "Arguments of the app, which it reads from Deno.args or process.argv. On the command line they follow APP and --.",
    default: [],
    reload: true,
    flag: false,
  }),
  watch: onOffOr(["no-refresh"], {
    description:
      "Reload when a file changes that the app was made from, or its config or environment file: for development. If the " +
      "new version does not start, the last one keeps serving. Pages in a browser load themselves again and show " +
      "errors; --watch=no-refresh leaves them as they are.",
    unset: "off",
    reload: false,
  }),
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
  const setting = many({ ...pair, show: masked, plain: masked }, {
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
  return { ...setting, type: `Readonly<Record<string, string | number>> | ${setting.type}` };
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

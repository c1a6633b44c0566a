import { locateApp, parseAppSpec } from "../../app/app_spec.ts";
import { DenicornError } from "../../core/errors.ts";
import { type Check, ok, problem } from "../check.ts";

export const appFile: Check = {
  name: "app",
  why: "The server bundles this module at its start, and ends with exit code 4 if it is not there.",
  change:
    "Give the path of the app, from the directory of the server: `denicorn doctor main.ts`. `denicorn check` also loads it.",
  onFailure: "problem",
  run({ system, settings: { app }, directory }) {
    if (app === undefined) return ok("none is named");
    try {
      return ok(locateApp(system, parseAppSpec(app), directory));
    } catch (error) {
      if (!(error instanceof DenicornError)) throw error;
      return problem(error.message);
    }
  },
};

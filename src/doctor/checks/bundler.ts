import { esbuildVersion } from "../../app/bundle/esbuild_executable.ts";
import { withEsbuild } from "../../app/bundle/esbuild.ts";
import { type Check, ok, problem } from "../check.ts";
import { inPrivateDirectory } from "./runtime_directory.ts";

export const bundler: Check = {
  name: "bundler",
  why:
    "Denicorn bundles the app with esbuild, a program. A compiled Denicorn copies it to the user's cache, else to " +
    "the runtime directory, else to memory: one of them must allow programs (no `noexec`).",
  change: "Set XDG_CACHE_HOME to a directory that this user may write to and that allows programs.",
  onFailure: "problem",
  run: ({ system, runtimeParents }) =>
    inPrivateDirectory(system, runtimeParents, async (path) => {
      const { outputFiles: [output] } = await withEsbuild(
        system,
        path,
        (esbuild) => esbuild.build({ stdin: { contents: "let x: number", loader: "ts" }, write: false }),
      );
      return output?.text === "let x;\n"
        ? ok(`esbuild ${esbuildVersion() ?? "of an unknown version"} starts and works`)
        : problem("esbuild starts, but gives a wrong result");
    }),
};

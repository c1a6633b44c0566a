/** A source of generations that is followed: a change of the files that the last one was made from leads to a reload. */

import type { Logger } from "../../log/logger.ts";
import type { System } from "../../system/system.ts";
import type { GenerationSource } from "./generations.ts";
import { SourceWatch } from "./source_watch.ts";

interface WatchOptions {
  readonly system: Pick<System, "clock" | "files">;
  readonly logger: Logger;
  readonly reload: () => void;
}

interface WatchedSource {
  readonly source: GenerationSource;
  /** From now on no change leads to a reload. */
  close(): void;
}

export function watched(
  source: GenerationSource,
  { system, logger, reload }: WatchOptions,
): WatchedSource {
  const { clock, files } = system;
  const watch = new SourceWatch({ clock, files, logger, reload });
  const followed = async <Result>(signal: AbortSignal | undefined, run: () => Promise<Result>) => {
    try {
      return await run();
    } catch (error) {
      if (signal?.aborted !== true) watch.failed();
      throw error;
    }
  };
  return {
    source: {
      ...source,
      renew: (number, signal) => followed(signal, () => source.renew(number, signal)),
      bundle: (generation, signal) =>
        followed(signal, async () => {
          const bundle = await source.bundle(generation, signal);
          watch.built([...bundle.sources, ...generation.settingsFiles ?? []]);
          return bundle;
        }),
    },
    close: () => watch.close(),
  };
}

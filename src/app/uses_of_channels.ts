/** What a bundle uses to talk to other workers and to threads of its own. */

import { loadsPackages } from "./uses_of_node.ts";

/** The second is what `channel` of the module `denicorn` looks for, see `src/app/bundle/own_module.ts`. */
const talking = /\bBroadcastChannel\b|\bdenicorn\.channels\b/;

/** Whether a bundle may open channels. */
export function usesChannels(text: string): boolean {
  return talking.test(text) || loadsPackages(text);
}

/** Whether a bundle may start Web Workers. */
export function usesThreads(text: string): boolean {
  return /\bWorker\b/.test(text) || loadsPackages(text);
}

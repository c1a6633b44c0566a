/**
 * During an upgrade each of two masters has workers. The new one connects to the old one as a worker would, with a token
 * of its own, and both pass messages of channels on to each other.
 */

import { version } from "../../core/version.ts";
import { encodeFrame, FrameDecoder } from "../../protocol/framing.ts";
import { readWorkerMessage } from "../../protocol/worker_message.ts";
import type { Network } from "../../system/system.ts";
import type { ChannelHub } from "./channel_hub.ts";

/** Where another master takes part: the socket for worker channels, and what to say there first. */
export interface MasterLink {
  readonly path: string;
  readonly token: string;
  /** The name that both masters have on other machines, so that neither takes the other one for a third. */
  readonly server?: string | undefined;
}

/** Takes part until the other master is gone. Where that fails, its workers do not hear those of this one. */
export async function joinMaster(
  { connectUnix }: Pick<Network, "connectUnix">,
  hub: ChannelHub,
  { path, token }: MasterLink,
): Promise<void> {
  let connection;
  try {
    connection = await connectUnix(path);
  } catch {
    return;
  }
  void connection.send(encodeFrame({ type: "hello", token, version }));
  const link = hub.linkMaster((bytes) => connection.send(bytes));
  const decoder = new FrameDecoder();
  try {
    for await (const bytes of connection.receive()) {
      for (const value of decoder.push(bytes)) link.receive(readWorkerMessage(value));
    }
  } catch {
    connection.close();
  } finally {
    link.close();
  }
}

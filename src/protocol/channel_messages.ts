/** What workers say to each other through the master, which passes their messages on without reading them. */

/** In bytes, of the structured clone of a message: as text it still fits into a frame. */
export const longestPost = 256 * 1024;

/** In characters, of that text: every three bytes are four characters. */
export const longestPostText = Math.ceil(longestPost / 3) * 4;

/** In characters. */
export const longestChannelName = 200;

/** How many names a worker may have open at a time. */
export const mostChannels = 10_000;

/** Opening, closing, and a message for all other workers that have the channel open. */
export type ChannelMessage =
  | { readonly type: "channel-open" | "channel-close"; readonly name: string }
  | ChannelPost;

/** `data` is the structured clone as base64. */
export interface ChannelPost {
  readonly type: "channel-post";
  readonly name: string;
  readonly data: string;
}

/** Whether it is for other workers: those say nothing about the worker itself, and may come in great numbers. */
export function isForOthers(message: { readonly type: string }): message is ChannelMessage {
  const { type } = message;
  return type === "channel-post" || type === "channel-open" || type === "channel-close";
}

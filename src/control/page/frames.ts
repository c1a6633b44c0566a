/** Server-sent events out of a stream of text. `EventSource` would do it, but it sends no Authorization. */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** The whole events in `text`, and what is left of it for next time. */
export function takeEvents(text: string): { events: ServerSentEvent[]; rest: string } {
  const blocks = text.split("\n\n");
  const rest = blocks.pop() ?? "";
  const events = blocks.flatMap((block) => {
    const fields = block.split("\n").map((line) => line.match(/^(event|data): ?(.*)$/s));
    const of = (name: string) =>
      fields.filter((field) => field?.[1] === name).map((field) => field?.[2] ?? "");
    const data = of("data");
    return data.length === 0 ? [] : [{ event: of("event").at(-1) ?? "message", data: data.join("\n") }];
  });
  return { events, rest };
}

/**
 * When bytes may be written into a connection beside the runtime: not in the middle of a frame. The runtime writes whole
 * frames; it keeps the rest of one only if the kernel takes no more, because the send buffer is full. So if little was on
 * its way at two looks, between which the runtime has had time to write a rest, and little was sent between them, there is
 * no rest.
 */

export interface Sending {
  /** Bytes so far. */
  readonly sent: number;
  /** Packets that the client has not acknowledged. */
  readonly unacknowledged: number;
  /** Bytes in the send buffer that were not sent yet. */
  readonly waiting: number;
}

/** Packets; one is 1.4 KB in a network, up to 64 KB on loopback, where the send buffer has 2.5 MB. */
const fewPackets = 4;

/** Bytes: the send buffer has 87 KB in a network (`ss -tmi`), half of which is overhead. */
const fewBytes = 8 * 1024;

/** `now`: some turns of the event loop after `before`. */
export function isBetweenFrames(before: Sending, now: Sending): boolean {
  return isCalm(before) && isCalm(now) && now.sent - before.sent <= fewBytes;
}

function isCalm({ unacknowledged, waiting }: Sending): boolean {
  return waiting === 0 && unacknowledged <= fewPackets;
}

/**
 * What a worker's looks at a connection from outside mean: the kernel says how many bytes went in each direction and when
 * the last ones did, the worker knows from which ports its requests in flight came. One look rarely is enough: an answer
 * leaves the process a moment after its request has ended. So time counts from one look to the next as long as nothing
 * changes, and what is not known for sure is left alone.
 */

/** What is seen of a connection at one moment. Times in milliseconds. */
export interface ConnectionLook {
  readonly descriptor: number;
  /** On the side of the client. */
  readonly peerPort: number;
  /** Whether its bytes are HTTP, and not encrypted. */
  readonly isPlain: boolean;
  /** Bytes that have arrived since it was made. */
  readonly received: number;
  /** Bytes that the client has acknowledged. */
  readonly taken: number;
  /** The client sends nothing more. */
  readonly hasEnded: boolean;
  /** There are bytes that the client has not acknowledged. */
  readonly isSending: boolean;
  /** Since the last byte arrived, or since the connection was made. */
  readonly sinceReceived: number;
  readonly sinceSent: number;
}

/**
 * `silent`: nothing has arrived. `head`: the head of a request has begun. `busy`: a request is in flight. `sending`: an
 * answer is on its way. `kept`: between two requests.
 */
type Phase = "silent" | "head" | "busy" | "sending" | "kept";

/** What the last look has left. */
export interface ConnectionRecord {
  readonly look: ConnectionLook;
  readonly phase: Phase;
  /** When it began, as far as that is known, on the monotonic clock. */
  readonly since: number;
  /** Bytes that had arrived before the request in flight, at least. */
  readonly before: number;
}

/** Milliseconds; 0: no limit. */
export interface ConnectionLimits {
  readonly keepAlive: number;
  readonly headerTimeout: number;
  readonly bodyTimeout: number;
  readonly writeTimeout: number;
}

/** Named as the settings. */
export type Timeout = "keep-alive" | "header-timeout" | "body-timeout" | "write-timeout";

interface Judgement {
  readonly record: ConnectionRecord;
  /** The limit that it has passed. That of a body only if the request in flight waits for one. */
  readonly passed: Timeout | null;
}

/**
 * Milliseconds between two looks at all connections, at least, for each of them: 10,000 take 50 ms of processor time, so
 * that is 2 % of a core.
 */
export const pausePerConnection = 0.25;

/** Milliseconds by which a byte must have come after the last one that was sent, to count as the next request's. */
const afterAnswer = 50;

/** `last`: of the same descriptor; `null` if there is none. `isBusy`: a request from its port is in flight. */
export function judge(
  look: ConnectionLook,
  last: ConnectionRecord | null,
  now: number,
  isBusy: boolean,
  limits: ConnectionLimits,
): Judgement {
  const previous = last !== null && isSameConnection(last.look, look) ? last : null;
  const phase = phaseOf(look, previous, isBusy);
  const since = sinceWhen(phase, look, previous, now);
  const isSettled = phase === "kept" && look.sinceReceived >= afterAnswer;
  const before = isSettled ? look.received : previous?.before ?? 0;
  const record = { look, phase, since, before };
  return { record, passed: passedLimit(record, previous, now, limits) };
}

/** A descriptor is given to another connection as soon as its own has ended. */
function isSameConnection(last: ConnectionLook, look: ConnectionLook): boolean {
  return last.peerPort === look.peerPort && last.received <= look.received && last.taken <= look.taken;
}

/** Whether no byte has been moved between the two looks. */
export function isUnchanged(last: ConnectionLook, look: ConnectionLook): boolean {
  return last.peerPort === look.peerPort && last.received === look.received && last.taken === look.taken;
}

function phaseOf(look: ConnectionLook, previous: ConnectionRecord | null, isBusy: boolean): Phase {
  if (look.isSending) return "sending";
  if (isBusy) return "busy";
  if (look.received === 0) return "silent";
  if (look.taken === 0) return "head";
  const hasAnswered = previous === null || previous.look.taken !== look.taken;
  if (!hasAnswered && previous.phase === "head") return "head";
  if (!hasAnswered && previous.phase === "kept" && previous.look.received < look.received) return "head";
  // What follows an encrypted answer may be anything.
  return look.isPlain && look.sinceReceived + afterAnswer < look.sinceSent ? "head" : "kept";
}

function sinceWhen(
  phase: Phase,
  look: ConnectionLook,
  previous: ConnectionRecord | null,
  now: number,
): number {
  switch (phase) {
    case "silent":
      return now - look.sinceReceived;
    case "kept":
      return now - Math.min(look.sinceReceived, look.sinceSent);
    case "head":
      if (previous?.phase === "silent") return previous.since;
      if (previous?.phase === "head" && previous.look.taken === look.taken) return previous.since;
      // The answer to what was in flight may not have left yet.
      return previous === null || previous.phase === "kept" ? now - look.sinceReceived : now;
    case "sending":
      return previous?.phase === "sending" && previous.look.taken === look.taken ? previous.since : now;
    case "busy":
      return previous?.phase === "busy" ? previous.since : now;
  }
}

function passedLimit(
  { look, phase, since }: ConnectionRecord,
  previous: ConnectionRecord | null,
  now: number,
  limits: ConnectionLimits,
): Timeout | null {
  const { keepAlive, headerTimeout, bodyTimeout, writeTimeout } = limits;
  const hasPassed = (limit: number, time: number) => limit > 0 && time >= limit;
  switch (phase) {
    case "silent":
      return hasPassed(headerTimeout, now - since) ? "header-timeout" : null;
    case "head": {
      if (previous?.phase !== "head" && previous?.phase !== "silent") return null;
      // After an encrypted answer it may be something else than a head.
      const isSure = look.isPlain || look.taken === 0;
      return hasPassed(isSure ? headerTimeout : Math.max(headerTimeout, keepAlive), now - since)
        ? "header-timeout"
        : null;
    }
    case "kept":
      return previous?.phase === "kept" && hasPassed(keepAlive, now - since) ? "keep-alive" : null;
    case "sending":
      return hasPassed(writeTimeout, now - since) ? "write-timeout" : null;
    case "busy":
      return hasPassed(bodyTimeout, look.sinceReceived) ? "body-timeout" : null;
  }
}

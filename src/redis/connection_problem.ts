/** What goes wrong with a connection to Redis, in words that say what to do. */

import { messageOf } from "../core/thrown.ts";

/** Redis cannot be asked: it may answer later, so that waiting helps. */
export class RedisAway extends Error {}

const causes: readonly (readonly [
  pattern: RegExp,
  say: (place: string, message: string, setting: string) => string,
])[] = [
  [
    /^(WRONGPASS|NOAUTH)|invalid password|invalid username-password/i,
    (place, message, setting) =>
      `Redis at ${place} refuses the password (${message}): correct it in ${setting}`,
  ],
  [
    /CertificateRequired/,
    (place) =>
      `Redis at ${place} asks for a certificate of its clients: set tls-auth-clients no, and use a password`,
  ],
];

/**
 * One sentence: the state of Redis, a colon, and what to do. `setting` is the one that names the server. `null` for an
 * error that says nothing of the connection.
 */
export function connectionProblem(place: string, error: unknown, setting: string): string | null {
  const message = messageOf(error);
  if (isDistrust(error, place)) {
    return `Redis at ${place} has no certificate that is trusted (${message}): let DENO_CERT name the file of its ` +
      `authority, correct the certificate, or correct ${setting}`;
  }
  if (isAway(error)) return `Redis at ${place} does not answer (${message}): start it, or correct ${setting}`;
  return causes.find(([pattern]) => pattern.test(message))?.[1](place, message, setting) ?? null;
}

/** For an answer of Redis that nothing else is known of. */
export function unknownProblem(place: string, error: unknown): string {
  const message = messageOf(error);
  return isAnswer(error) ? `Redis at ${place} answers with an error (${message}): see its log` : message;
}

/** Whether Redis is there and says so itself. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

/** Codes of the system, and words of ioredis for connections that ended. */
const awayCodes = /^E(CONN|PIPE|HOST|NET|AI_|TIMEDOUT|ADDR)|^ENOTFOUND|^UNKNOWN$/;
const awayWords =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|Connection is closed|isn't writeable|max retries|no answer for|connect ETIMEDOUT|aborted due to connection close|Connection is in/;

const distrustCodes = /^(ERR_TLS|CERT_|DEPTH_|SELF_|UNABLE_)/;

/** Its certificate is not accepted, which may be mended on its side. */
function isDistrust(error: unknown, place: string): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  // This is all that Deno 2.7 says where 2.9 names the fault of a certificate.
  return distrustCodes.test(code) || code === "UNKNOWN" && place.startsWith("rediss:");
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Whether Redis may do later what it did not do now, without anybody changing a setting. */
export function isAway(error: unknown): boolean {
  if (error instanceof RedisAway) return true;
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  return awayCodes.test(code) || distrustCodes.test(code) || awayWords.test(error.message) ||
    /^(LOADING|MASTERDOWN|BUSY )/.test(error.message);
}

/** Whether a certificate and a private key can serve now. */

export interface CertificatePair {
  readonly certfile: string;
  readonly keyfile: string;
  /** The key is that of the certificate. */
  readonly isOwn: boolean;
  /** Milliseconds since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** Milliseconds. Most tools renew a certificate when a third of its 90 days is left. */
const soon = 14 * 24 * 60 * 60 * 1000;

/** The error; `null` if there is none. */
export function certificateFault(
  { certfile, keyfile, isOwn, validFrom, validTo }: CertificatePair,
  now: number,
): string | null {
  if (!isOwn) {
    return `cannot use certfile: ${certfile} (keyfile ${keyfile} holds the private key of another certificate): give ` +
      "both as they were issued together, and in certfile the server's own certificate first";
  }
  if (now >= validTo) {
    return `cannot use certfile: ${certfile} (it expired at ${timeOf(validTo)}): renew it`;
  }
  if (now < validFrom) {
    return `cannot use certfile: ${certfile} (it is not valid before ${
      timeOf(validFrom)
    }): set the clock of this ` +
      "machine, or give another certificate";
  }
  return null;
}

/** A line for the log; `null` if there is time enough. */
export function expiryWarning({ certfile, validTo }: CertificatePair, now: number): string | null {
  if (validTo - now >= soon) return null;
  return `the certificate ${certfile} expires at ${timeOf(validTo)}: renew it, and reload with HUP`;
}

/** To the second, in UTC. */
function timeOf(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+/, "");
}

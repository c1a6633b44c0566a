/**
 * The certificates of a generation and their private keys. The master reads and checks them, before any worker of the
 * generation starts: workers may run as a user that must not read the keys, and a pair that cannot work fails the reload.
 */

import { certificateFault, type CertificatePair, expiryWarning } from "../../core/certificate_fault.ts";
import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import type { Settings } from "../../settings/settings.ts";
import { isKeyOf, readCertificate } from "../../system/network/tls/certificates.ts";
import type { Certificate, System } from "../../system/system.ts";

/** In bytes. All of them go to each worker in one message of at most 1 MB. */
const longestFile = 64 * 1024;
const mostTogether = 512 * 1024;

/** Warns of those that expire soon. Throws DenicornError `certificate`. */
export function readPairs(
  system: Pick<System, "files" | "clock">,
  { certfile, keyfile }: Pick<Settings, "certfile" | "keyfile">,
  warn: (line: string) => void,
): WorkerConfig["certificates"] {
  const now = system.clock.wall();
  const pairs = certfile.map((path, index) => readPair(system, path, keyfile[index]!, now, warn));
  const size = pairs.reduce((sum, { cert, key }) => sum + cert.length + key.length, 0);
  if (size > mostTogether) {
    throw new DenicornError(
      "certificate",
      `cannot use certfile: ${certfile.length} certificates and keys (${size} bytes, and ${mostTogether} are possible): ` +
        "give fewer of them, or shorter chains",
    );
  }
  const [first, ...more] = pairs;
  return first === undefined ? null : [first, ...more];
}

function readPair(
  system: Pick<System, "files">,
  certfile: string,
  keyfile: string,
  now: number,
  warn: (line: string) => void,
): Certificate {
  const cert = readFile(system, "certfile", certfile);
  const key = readFile(system, "keyfile", keyfile);
  const facts = attempt("certfile", certfile, () => readCertificate(cert));
  const isOwn = attempt("keyfile", keyfile, () => isKeyOf(cert, key));
  const pair: CertificatePair = { ...facts, certfile, keyfile, isOwn };
  const fault = certificateFault(pair, now);
  if (fault !== null) throw new DenicornError("certificate", fault);
  const warning = expiryWarning(pair, now);
  if (warning !== null) warn(warning);
  return { cert, key, names: facts.names };
}

function readFile({ files }: Pick<System, "files">, name: "certfile" | "keyfile", path: string): string {
  return attempt(name, path, () => {
    // A link of the workers' user would give it a key that only root may read.
    using fixed = files.fixPath(path);
    return files.readSmall(fixed.path, longestFile);
  });
}

function attempt<Result>(name: "certfile" | "keyfile", path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const what = name === "certfile" ? "a certificate" : "its private key, not encrypted,";
    throw new DenicornError(
      "certificate",
      `cannot use ${name}: ${path} (${
        reasonOf(error)
      }): give a file that the master may read, with ${what} in PEM format`,
      { cause: error },
    );
  }
}

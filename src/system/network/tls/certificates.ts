/** What a certificate says, and whether a private key is its own. */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

interface CertificateFacts {
  /** Host names and addresses that it is for, small letters. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** Throws an Error with the reason, which shows nothing of the text, if it begins with no certificate. */
export function readCertificate(pem: string): CertificateFacts {
  const { subject, subjectAltName, validFrom, validTo } = certificateIn(pem);
  const common = /^CN=(.+)$/m.exec(subject ?? "")?.[1];
  const stated = subjectAltName?.split(", ").flatMap((entry) => {
    const [, name] = /^(?:DNS|IP Address):"?([^"]+)"?$/.exec(entry) ?? [];
    return name === undefined ? [] : [name];
  });
  return {
    names: (stated ?? (common === undefined ? [] : [common])).map((name) => name.toLowerCase()),
    validFrom: Date.parse(validFrom),
    validTo: Date.parse(validTo),
  };
}

/** Whether the first certificate is for the key. Throws an Error with the reason if there is no key that can be read. */
export function isKeyOf(certificate: string, key: string): boolean {
  return certificateIn(certificate).checkPrivateKey(keyIn(key));
}

function certificateIn(pem: string): X509Certificate {
  if (!/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(pem)) {
    throw new Error("it holds no certificate in PEM format");
  }
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new Error("its certificate cannot be parsed", { cause: error });
  }
}

function keyIn(pem: string): KeyObject {
  if (!/-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/.test(pem)) {
    throw new Error("it holds no private key in PEM format");
  }
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    throw new Error("its private key is encrypted with a passphrase, which no worker could enter");
  }
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error("its private key cannot be parsed", { cause: error });
  }
}

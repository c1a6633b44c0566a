import { certificateFault, type CertificatePair, expiryWarning } from "../../src/core/certificate_fault.ts";
import { assertEquals } from "../assert.ts";

const day = 24 * 60 * 60 * 1000;
const from = Date.UTC(2030, 0, 1);
const pair: CertificatePair = {
  certfile: "server.pem",
  keyfile: "server.key",
  isOwn: true,
  validFrom: from,
  validTo: from + 90 * day,
};

Deno.test("a pair has a fault before it is valid, after it, and with another key", () => {
  assertEquals(certificateFault(pair, from), null);
  assertEquals(certificateFault(pair, from + 90 * day - 1), null);
  assertEquals(
    certificateFault(pair, from - 1),
    "cannot use certfile: server.pem (it is not valid before 2030-01-01T00:00:00Z): set the clock of this machine, or " +
      "give another certificate",
  );
  assertEquals(
    certificateFault(pair, from + 90 * day),
    "cannot use certfile: server.pem (it expired at 2030-04-01T00:00:00Z): renew it",
  );
  assertEquals(
    certificateFault({ ...pair, isOwn: false }, from),
    "cannot use certfile: server.pem (keyfile server.key holds the private key of another certificate): give both as " +
      "they were issued together, and in certfile the server's own certificate first",
  );
});

Deno.test("a certificate is warned of for its last 14 days", () => {
  assertEquals(expiryWarning(pair, from + 76 * day), null);
  assertEquals(
    expiryWarning(pair, from + 76 * day + 1),
    "the certificate server.pem expires at 2030-04-01T00:00:00Z: renew it, and reload with HUP",
  );
});

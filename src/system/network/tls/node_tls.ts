/** A server of `node:https` for each address with TLS. It accepts connections; what comes over them is the app's. */

import https from "node:https";
import tls from "node:tls";
import { certificateFor } from "../../../core/server_names.ts";
import type { Tls } from "../network.ts";

/** Node's HTTP/2 has a server of its own (`node:http2`), so clients are offered HTTP/1.1 only. */
export function secureServer({ certificates }: Tls): https.Server {
  const [{ cert, key }] = certificates;
  return https.createServer({
    ...{ cert, key, ALPNProtocols: ["http/1.1"] },
    ...(certificates.length === 1 ? {} : {
      SNICallback(name: string, done: (error: Error | null, context: tls.SecureContext) => void): void {
        const { cert, key } = certificateFor(certificates, name);
        done(null, tls.createSecureContext({ cert, key }));
      },
    }),
  });
}

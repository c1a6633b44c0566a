/** The handshake of a WebSocket, as far as the runtime does not check it: RFC 6455, 4.2.1 and 4.4. */

interface Handshake {
  readonly method: string;
  readonly version: string | null;
  readonly key: string | null;
}

/** 16 bytes in base64. */
const nonce = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** What is wrong with it, and the status that says so; `null` if nothing is. */
export function objectionTo({ method, version, key }: Handshake): { status: 400 | 426; text: string } | null {
  if (method !== "GET") return { status: 400, text: "a WebSocket needs the method GET" };
  if (version !== "13") return { status: 426, text: "the version of the WebSocket is not supported: use 13" };
  if (key === null || !nonce.test(key)) return { status: 400, text: "the Sec-WebSocket-Key is not valid" };
  return null;
}

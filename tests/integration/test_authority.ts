/** Certificates for tests, by OpenSSL. Each authority is a new one. */

import { assertEquals } from "../assert.ts";

export class TestAuthority {
  readonly #folder: string;

  /** In `folder` there will be `ca.pem`, and more. */
  constructor(folder: string) {
    this.#folder = folder;
    openssl(folder, "req", "-x509", ...newKey("ca.key"), "-out", "ca.pem", "-days", "2", "-subj", "/CN=test");
  }

  /** As PEM, to trust it. */
  get certificate(): string {
    return Deno.readTextFileSync(`${this.#folder}/ca.pem`);
  }

  /** Creates `file`.pem and `file`.key for `name`. With negative `days` the certificate has expired. */
  issue(file: string, name: string, days = 2): void {
    const folder = this.#folder;
    Deno.writeTextFileSync(`${folder}/names`, `subjectAltName=DNS:${name},IP:127.0.0.1`);
    openssl(folder, "req", ...newKey(`${file}.key`), "-out", "request", "-subj", `/CN=${name}`);
    openssl(
      folder,
      ...["x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-extfile", "names", "-days", String(days), "-out", `${file}.pem`],
    );
  }
}

function newKey(file: string): string[] {
  return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file];
}

function openssl(cwd: string, ...args: string[]): void {
  const { code, stderr } = new Deno.Command("openssl", { args, cwd, stdout: "null" }).outputSync();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

/** What a client sees that asks for `name`, and offers `protocols`. */
export async function handshake(
  port: number,
  name: string,
  authority: string,
  protocols: readonly string[] = [],
): Promise<{ readonly certificate: string; readonly protocol: string }> {
  const child = new Deno.Command("openssl", {
    args: [
      ...["s_client", "-connect", `127.0.0.1:${port}`, "-servername", name, "-CAfile", authority],
      ...(protocols.length === 0 ? [] : ["-alpn", protocols.join(",")]),
    ],
    stdin: "null",
    stderr: "null",
  });
  const text = new TextDecoder().decode((await child.output()).stdout);
  return {
    certificate: /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text)?.[0] ?? "",
    protocol: /^ALPN protocol: (.*)$/m.exec(text)?.[1] ?? "",
  };
}

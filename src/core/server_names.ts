/** Which certificate a client gets that asks for a host name (SNI, RFC 6066). */

interface Named {
  /** Small letters; `*.` stands for one label. */
  readonly names: readonly string[];
}

/** The one for exactly that name, else one with a wildcard for it, else the first. */
export function certificateFor<Certificate extends Named>(
  certificates: readonly [Certificate, ...Certificate[]],
  serverName: string,
): Certificate {
  const name = serverName.toLowerCase().replace(/\.$/, "");
  const wildcard = name.replace(/^[^.]+/, "*");
  return certificates.find(({ names }) => names.includes(name)) ??
    certificates.find(({ names }) => names.includes(wildcard)) ?? certificates[0];
}

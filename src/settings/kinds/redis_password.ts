/** URLs of Redis as they are shown: without the password. */

export function withoutPassword(text: string): string {
  const url = new URL(text);
  if (url.password !== "") url.password = "***";
  return url.href;
}

/** Where a password may be: before the last @, where a port is expected, after a #, in a parameter with such a name. */
const hiding: readonly (readonly [pattern: RegExp, shown: string])[] = [
  [/^([a-z]+:\/\/)?.*@/is, "$1***@"],
  [/^(rediss?:\/*[^/?#:[]*:)(?!\d+(?:[/?#]|$)).*/is, "$1***"],
  [/#.*/s, "#***"],
  [/([?&][^=&]*(?:pass|auth|secret|token)[^=&]*=)[^&]*/gis, "$1***"],
];

/** What a message shows of a text that is not accepted. */
export function withoutCredentials(given: unknown): unknown {
  if (typeof given !== "string") return given;
  return hiding.reduce((text, [pattern, shown]) => text.replace(pattern, shown), given);
}

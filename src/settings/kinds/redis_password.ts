/** URLs of Redis as they are shown: without the password. */

export function withoutPassword(text: string): string {
  const url = new URL(text);
  if (url.password !== "") url.password = "***";
  return url.href;
}

/** What a message shows of a text that is not accepted: a password may be anywhere before the last @. */
export function withoutCredentials(given: unknown): unknown {
  return typeof given === "string" ? given.replace(/^([a-z]+:\/\/)?.*@/is, "$1***@") : given;
}

/**
 * What a client may name as the host of a URL, in `Host` or in the target: RFC 9110, 7.2, and RFC 3986, 3.2.2, without
 * what no URL of the web can have (percent signs) and without commas, which join several fields into one.
 */

const name = "[a-z0-9._~!$&'()*+;=-]+";
const authority = new RegExp(`^(?:${name}|\\[[0-9a-f:.]+\\])(?::\\d{0,5})?$`, "i");

/** True for `host` and `host:port`. An app that makes a URL of it gets no error. */
export function isAuthority(text: string): boolean {
  return authority.test(text) && URL.canParse(`http://${text}/`);
}

/** The authority of a URL that begins with `scheme`, such as `http://`. */
export function authorityIn(url: string, scheme: string): string {
  const rest = url.slice(scheme.length);
  const end = rest.search(/[/?#]/);
  return end < 0 ? rest : rest.slice(0, end);
}

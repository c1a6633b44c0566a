/** How the body of a request is framed, where the runtime takes more than RFC 9112, 6.1 and 6.3 allow. */

/**
 * The status that refuses a `Transfer-Encoding`; `null` if the body is just chunked. Several servers read what is
 * refused in different ways: a request can be hidden in the body of another one.
 */
export function refusedCoding(codings: string, hasLength: boolean): 400 | 501 | null {
  if (hasLength) return 400;
  if (codings.toLowerCase() === "chunked") return null;
  const list = codings.split(",").map((coding) => coding.trim().toLowerCase()).filter((coding) =>
    coding !== ""
  );
  if (list.filter((coding) => coding === "chunked").length !== 1 || list.at(-1) !== "chunked") return 400;
  return list.length === 1 ? null : 501;
}

/** The user of this process, kept for the time after the app has given up the permission to ask for it. */

let known: number | null | undefined;

/** `null` where there are no users. */
export function ownUid(): number | null {
  return known === undefined ? known = Deno.uid() : known;
}

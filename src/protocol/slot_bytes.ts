/** The bytes of a scoreboard slot as text, for links that carry JSON. */

export function encodeSlot(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Throws what `atob` throws for anything else. */
export function decodeSlot(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

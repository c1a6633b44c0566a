/**
 * Text from elsewhere (clients, apps, workers, files) as text that can be shown. Without this, a line feed in it begins
 * a line that looks as if Denicorn had written it, and an escape sequence controls the terminal that shows it.
 */

/**
 * Begin a line in some viewers, change the direction of the text around them, or cannot be seen: what looks like the path
 * of a known page is another one. All of them are below U+10000.
 */
const formatting =
  "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e" +
  "\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb";

/** For a character class: control characters (C1 too, which terminals obey in UTF-8), and `formatting`. */
export const unprintable = `\\x00-\\x1f\\x7f-\\x9f${formatting}`;

const everywhere = new RegExp(`[${unprintable}]`, "g");
const exceptTab = new RegExp(`(?!\\t)[${unprintable}]`, "g");
/** What JSON.stringify does not escape. */
const inJson = new RegExp(`[\\x7f-\\x9f${formatting}]`, "g");

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `text` on one line, with the escapes of JSON in place of what cannot be printed. */
export function printable(text: string): string {
  return text.replace(everywhere, escapeOf);
}

/** The lines of `text`, where it may have several. Tabs stay, because source code has them. */
export function printableLines(text: string): string[] {
  return text.trimEnd().split(/\r?\n/).map((line) => line.replace(exceptTab, escapeOf));
}

/** JSON with the same meaning that can be shown. */
export function printableJson(json: string): string {
  return json.replace(inJson, escapeOf);
}

function escapeOf(character: string): string {
  return short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Addresses and ranges of addresses as bytes: every spelling of an address is the same, and an IPv4 address is also its IPv6 form. */

/** 16 bytes; `null` if it is not an address. */
export function addressBytes(text: string): readonly number[] | null {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split(".");
    // Some programs read a zero in front as octal.
    if (parts.some((part) => Number(part) > 255 || /^0\d/.test(part))) return null;
    return [...mappedPrefix, ...parts.map(Number)];
  }
  if (!/^[\da-f:.]*:[\da-f:.]*$/i.test(text)) return null;
  // In the canonical spelling, without dots.
  const host = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  if (host === undefined) return null;
  const [front = "", back] = host.split("::");
  const groups = (part: string | undefined) => part === undefined || part === "" ? [] : part.split(":");
  const [first, last] = [groups(front), groups(back)];
  const zeros = Array<string>(8 - first.length - last.length).fill("0");
  return [...first, ...zeros, ...last].map((group) => parseInt(group, 16)).flatMap((
    group,
  ) => [group >> 8, group & 255]);
}

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

interface Range {
  readonly bytes: readonly number[];
  readonly bits: number;
}

const everything = "*";

function rangeOf(text: string): Range | null {
  const [address = "", length, ...others] = text.split("/");
  const bytes = addressBytes(address);
  if (bytes === null || others.length > 0) return null;
  const most = address.includes(":") ? 128 : 32;
  if (length === undefined) return { bytes, bits: 128 };
  if (!/^\d{1,3}$/.test(length) || Number(length) > most) return null;
  return { bytes, bits: 128 - most + Number(length) };
}

/** True for an address, a range such as `10.0.0.0/8`, and `*`. */
export function isRange(text: string): boolean {
  return text === everything || rangeOf(text) !== null;
}

/** Whether an address is in one of the ranges. What is not an address is in none. */
export function inRanges(ranges: readonly string[]): (address: string) => boolean {
  const isAny = ranges.includes(everything);
  const known = ranges.map(rangeOf).filter((range) => range !== null);
  return (address) => {
    const bytes = addressBytes(address);
    return bytes !== null && (isAny || known.some((range) => contains(range, bytes)));
  };
}

function contains({ bytes, bits }: Range, address: readonly number[]): boolean {
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (bytes[index] !== address[index]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = 256 - (1 << (8 - rest));
  return (bytes[whole]! & mask) === (address[whole]! & mask);
}

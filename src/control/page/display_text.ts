/** Values as the page shows them: short, so that they fit their card. */

const unknown = "–";

/** `42 s`, `5 m 12 s`, `3 h 07 m`, `12 d 04 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} m`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/** A latency. */
export function latencyText(ms: number | null): string {
  if (ms === null) return unknown;
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(0)} ms`;
}

/** A count, or a rate; from ten thousand on in thousands. */
export function countText(count: number | null): string {
  if (count === null) return unknown;
  if (count >= 9_999_500) return `${(count / 1e6).toFixed(0)}M`;
  if (count >= 9_999.5) return `${(count / 1000).toFixed(0)}k`;
  return Number.isInteger(count) || count >= 99.95 ? count.toFixed(0) : count.toFixed(1);
}

/** Share of a core. */
export function shareText(share: number | null): string {
  return share === null ? unknown : `${(share * 100).toFixed(0)} %`;
}

export function memoryText(bytes: number | null): string {
  return bytes === null ? unknown : `${(bytes / 2 ** 20).toFixed(0)} MB`;
}

/** `14:03:07`, so many minutes west of UTC. */
export function clockText(at: number, offsetMinutes: number): string {
  return new Date(at - offsetMinutes * 60_000).toISOString().slice(11, 19);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

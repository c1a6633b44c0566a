import type { Resolved } from "./resolve.ts";
import { namedSettings, type Settings } from "./settings.ts";

/** Names of the settings whose values differ, by whether a reload applies them. */
export interface ChangedSettings {
  readonly applied: readonly string[];
  readonly needRestart: readonly string[];
}

/** What a reload from `old` to `next` changes. Only values count, not where they come from. */
export function changedSettings(old: Resolved, next: Resolved): ChangedSettings {
  const changed = namedSettings.filter(({ key, plain, secret }) => {
    const [before, after] = [old.settings[key], next.settings[key]];
    return secret ? before !== after : JSON.stringify(plain(before)) !== JSON.stringify(plain(after));
  });
  return {
    applied: changed.filter(({ reload }) => reload).map(({ name }) => name),
    needRestart: changed.filter(({ reload }) => !reload).map(({ name }) => name),
  };
}

/** `next`, but with the values of `start` where only a restart may change them. */
export function keepFixed(start: Settings, next: Settings): Settings {
  const fixed = namedSettings.filter(({ reload }) => !reload).map(({ key }) => [key, start[key]]);
  return { ...next, ...Object.fromEntries(fixed) };
}

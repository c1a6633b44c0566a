import { renderSettingsReference } from "./settings_reference.ts";
import { renderErrorsReference, renderSignalsReference } from "./tables_reference.ts";

/** The pages of the documentation that are made from tables in the code, by path. */
export const referencePages = {
  "docs/settings.md": renderSettingsReference,
  "docs/signals.md": renderSignalsReference,
  "docs/errors.md": renderErrorsReference,
} as const;

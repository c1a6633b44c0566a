import { renderCtlReference } from "./ctl.ts";
import { renderDoctorReference } from "./doctor.ts";
import { renderMetricsReference } from "./metrics.ts";
import { renderSettingsReference } from "./settings.ts";
import { renderErrorsReference, renderSignalsReference } from "./tables.ts";

/** The pages of the documentation that are made from tables in the code, by path. */
export const referencePages = {
  "docs/settings.md": renderSettingsReference,
  "docs/signals.md": renderSignalsReference,
  "docs/errors.md": renderErrorsReference,
  "docs/ctl.md": renderCtlReference,
  "docs/metrics.md": renderMetricsReference,
  "docs/doctor.md": renderDoctorReference,
} as const;

import { renderCtlReference } from "./ctl_reference.ts";
import { renderDoctorReference } from "./doctor_reference.ts";
import { renderMetricsReference } from "./metrics_reference.ts";
import { renderSettingsReference } from "./settings_reference.ts";
import { renderErrorsReference, renderSignalsReference } from "./tables_reference.ts";

/** The pages of the documentation that are made from tables in the code, by path. */
export const referencePages = {
  "docs/settings.md": renderSettingsReference,
  "docs/signals.md": renderSignalsReference,
  "docs/errors.md": renderErrorsReference,
  "docs/ctl.md": renderCtlReference,
  "docs/metrics.md": renderMetricsReference,
  "docs/doctor.md": renderDoctorReference,
} as const;

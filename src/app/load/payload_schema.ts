/** A schema for payloads: what Zod, Valibot, ArkType and others have in common, https://standardschema.dev. */

import { textOf } from "../../core/thrown.ts";

export interface PayloadSchema {
  readonly "~standard": { readonly validate: (value: unknown) => unknown };
}

const property = "~standard";

/** At most so many mistakes are named. */
const mostNamed = 5;

export function isPayloadSchema(value: unknown): value is PayloadSchema {
  // That of ArkType is a function.
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard: unknown = Reflect.get(value, property);
  return typeof standard === "object" && standard !== null && "validate" in standard &&
    typeof standard.validate === "function";
}

type Validation = { readonly value: unknown } | { readonly mistakes: string };

/** Rejects with what the schema throws. */
export async function validate(schema: PayloadSchema, payload: unknown): Promise<Validation> {
  const result: unknown = await schema[property].validate(payload);
  if (typeof result !== "object" || result === null) return { value: undefined };
  const issues: unknown = Reflect.get(result, "issues");
  if (issues === undefined || issues === null) return { value: Reflect.get(result, "value") };
  const named = Array.isArray(issues) ? issues.slice(0, mostNamed).map(issueText) : [];
  const more = Array.isArray(issues) ? issues.length - named.length : 0;
  return { mistakes: named.join("; ") + (more > 0 ? `; and ${more} more` : "") };
}

/** `address.city: Required`. */
function issueText(issue: unknown): string {
  if (typeof issue !== "object" || issue === null) return textOf(issue);
  const path: unknown = Reflect.get(issue, "path");
  const steps = Array.isArray(path) ? path.map(stepText) : [];
  const message = textOf(Reflect.get(issue, "message"));
  return steps.length === 0 ? message : `${steps.join(".")}: ${message}`;
}

function stepText(step: unknown): string {
  return textOf(typeof step === "object" && step !== null && "key" in step ? step.key : step);
}

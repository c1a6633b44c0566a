/** What the guestbook accepts, and the messages for what it refuses. */
import { z } from "zod";

const text = (options: { missing: string; tooLong: string; max: number }) =>
  z.string(options.missing)
    .transform((value) => value.replaceAll("\r\n", "\n").trim())
    .pipe(z.string().min(1, options.missing).max(options.max, options.tooLong));

export const newEntry = z.object({
  name: text({ missing: "Please tell us your name.", tooLong: "Please use at most 60 characters.", max: 60 })
    .pipe(z.string().regex(/^\P{Cc}*$/u, "Please keep your name on one line.")),
  message: text({
    missing: "Please write a few words.",
    tooLong: "Please use at most 1000 characters.",
    max: 1000,
  }),
});

const entryId = z.coerce.number().int().positive();

/** An address with a bad `before` shows the first page. */
export const pageQuery = z.object({ before: entryId.optional().catch(undefined) });

export const listQuery = z.object({
  before: entryId.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

/** The first complaint about each field. */
export type Complaints = Readonly<Record<string, string>>;

export function complaintsOf(error: { readonly issues: readonly z.core.$ZodIssue[] }): Complaints {
  const complaints: Record<string, string> = {};
  for (const { path, message } of error.issues) complaints[path.join(".")] ??= message;
  return complaints;
}

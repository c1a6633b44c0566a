import project from "../../deno.json" with { type: "json" };

/** The version of this program, as deno.json declares it. */
export const version: string = project.version;

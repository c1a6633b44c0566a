import { renderSchema, schemaOf } from "../../src/cli/schema.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assertEquals } from "../assert.ts";

Deno.test("the schema has every setting that a config file may have, with its text", () => {
  const { properties } = JSON.parse(renderSchema());
  const keys = namedSettings.map(({ key }) => key).filter((key) => key !== "config");
  assertEquals(Object.keys(properties), ["$schema", ...keys]);
  for (const { key, description } of namedSettings.filter(({ key }) => key !== "config")) {
    assertEquals(properties[key].description, description);
  }
  assertEquals(properties.workers.default, 1);
});

Deno.test("a type becomes the schema of the same values", () => {
  assertEquals(schemaOf("boolean"), { type: "boolean" });
  assertEquals(schemaOf('"auto" | "off"'), { enum: ["auto", "off"] });
  assertEquals(schemaOf("string | false"), { anyOf: [{ type: "string" }, { enum: [false] }] });
  assertEquals(schemaOf('number | `${number}M` | "auto"'), {
    anyOf: [{ type: "number" }, { type: "string", pattern: "^-?\\d+(\\.\\d+)?\\x4d$" }, { enum: ["auto"] }],
  });
  assertEquals(schemaOf('Readonly<Record<string, string | number>> | readonly ("a" | "b")[]'), {
    anyOf: [
      { type: "object", additionalProperties: { anyOf: [{ type: "string" }, { type: "number" }] } },
      { type: "array", items: { enum: ["a", "b"] } },
    ],
  });
});

Deno.test("each default, as a config file would have it, fits the schema", () => {
  const { properties } = JSON.parse(renderSchema());
  for (const { key, plain, default: value } of namedSettings.filter(({ key }) => key !== "config")) {
    const given = plain(value);
    if (given !== null) assertEquals(fits(properties[key], given), true, key);
  }
});

// deno-lint-ignore no-explicit-any
function fits(schema: any, value: unknown): boolean {
  if (schema.anyOf) return schema.anyOf.some((one: unknown) => fits(one, value));
  if (schema.enum) return schema.enum.includes(value);
  if (schema.type === "array") return Array.isArray(value) && value.every((item) => fits(schema.items, item));
  if (schema.pattern) return typeof value === "string" && new RegExp(schema.pattern).test(value);
  const type: string = typeof value;
  return type === schema.type;
}

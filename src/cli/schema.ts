/** A JSON Schema for config files in JSON, made from the settings table: their types are those of the declarations. */

import { namedSettings, notInConfigFile } from "../settings/settings.ts";

type Schema = Readonly<Record<string, unknown>>;

/** As text, of the draft 2020-12. */
export function renderSchema(): string {
  const properties = namedSettings.filter(({ key }) => key !== notInConfigFile).map((setting) => {
    const { key, type, description, plain } = setting;
    const value = plain(setting.default);
    return [key, { description, ...schemaOf(type), ...(value === null ? {} : { default: value }) }] as const;
  });
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "denicorn.config.json",
    type: "object",
    additionalProperties: false,
    properties: { $schema: { type: "string" }, ...Object.fromEntries(properties) },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Of a type of TypeScript, as far as settings have them. Throws for any other one. */
export function schemaOf(type: string): Schema {
  const members = unionOf(type);
  const words = members.flatMap((member) => /^".*"$|^false$/.test(member) ? [JSON.parse(member)] : []);
  const others = members.filter((member) => !/^".*"$|^false$/.test(member)).map(schemaOfMember);
  const all = words.length === 0 ? others : [...others, { enum: words }];
  return all.length === 1 ? all[0]! : { anyOf: all };
}

function schemaOfMember(member: string): Schema {
  if (["number", "string", "boolean"].includes(member)) return { type: member };
  const list = /^readonly \((.*)\)\[\]$/s.exec(member)?.[1];
  if (list !== undefined) return { type: "array", items: schemaOf(list) };
  const values = /^Readonly<Record<string, (.*)>>$/s.exec(member)?.[1];
  if (values !== undefined) return { type: "object", additionalProperties: schemaOf(values) };
  const template = /^`(.*)`$/s.exec(member)?.[1];
  if (template !== undefined) return { type: "string", pattern: patternOf(template) };
  throw new Error(`no schema for the type ${member}`);
}

const spans: Readonly<Record<string, string>> = { "${number}": "-?\\d+(\\.\\d+)?", "${string}": ".*" };

function patternOf(template: string): string {
  const parts = template.split(/(\$\{\w+\})/).map((part) => spans[part] ?? RegExp.escape(part));
  return `^${parts.join("")}$`;
}

/** The members of a union, not those within brackets or quotes. */
function unionOf(type: string): string[] {
  const members: string[] = [];
  let depth = 0;
  let member = "";
  for (const part of type.split(/( \| |[()<>])/)) {
    if (part === "(" || part === "<") depth++;
    if (part === ")" || part === ">") depth--;
    if (part === " | " && depth === 0) {
      members.push(member);
      member = "";
    } else member += part;
  }
  return [...members, member];
}

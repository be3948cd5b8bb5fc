/** The schema of the history's records as JSON Schema, and its tables in docs/records.md. */
import { z } from "zod";
import { RECORD_TABLES, recordMessageSchema } from "../shared/protocol/history/record-schema.ts";

interface Shape {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly prefixItems?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
}

/** docs/records.schema.json. */
export function recordsSchemaFile(): string {
  const schema = z.toJSONSchema(recordMessageSchema, { unrepresentable: "any" });
  const about = {
    title: "A record of the history",
    description:
      "A message of the stream ov_history, its msgpack decoded, and that of the events in it.",
  };
  return `${JSON.stringify({ ...schema, ...about }, undefined, 2)}\n`;
}

/** What a list or an object holds, one row each. */
export function recordTable(name: keyof typeof RECORD_TABLES): string {
  const schema = z.toJSONSchema(RECORD_TABLES[name], { unrepresentable: "any" }) as Shape;
  const fields =
    schema.prefixItems?.map((shape) => [shape.title ?? "", shape] as const) ??
    Object.entries(schema.properties ?? {});
  const rows = fields.map(([title, shape]) => {
    return `| \`${title}\` | ${typeOf(shape)} | ${shape.description ?? ""} |`;
  });
  return ["| field | type | |", "| --- | --- | --- |", ...rows].join("\n");
}

function typeOf({ type, const: value, anyOf, prefixItems }: Shape): string {
  if (value !== undefined) return `${JSON.stringify(value)}`;
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (type === "array") return prefixItems === undefined ? "list of lists" : "list";
  const types = typeof type === "string" ? [type] : (type ?? ["any"]);
  return types.map((one) => (one === "null" ? "nil" : one)).join(" or ");
}

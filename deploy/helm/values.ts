/** The generated parts of the chart: its values, from their schema, and the NATS users. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ACCESS_CONFIG } from "../../kit/nats/access.ts";

export const CHART = "deploy/helm/ovation";

/** The parts of JSON Schema that describe a value of the chart. */
interface ValueSchema {
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly properties?: { readonly [name: string]: ValueSchema } | undefined;
}

const valueSchema: z.ZodType<ValueSchema> = z.lazy(() =>
  z.object({
    description: z.string().optional(),
    default: z.unknown().optional(),
    properties: z.record(z.string(), valueSchema).optional(),
  }),
);

/** Read only when the files are generated, since nothing else needs the schema. */
function valuesSchema(): ValueSchema {
  const path = join(import.meta.dirname, "ovation/values.schema.json");
  return valueSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

/** @throws Error when a value has no description */
function described(path: string, { description }: ValueSchema): string {
  if (description === undefined)
    throw new Error(`values.schema.json has no description of ${path}`);
  return description;
}

/** Defaults are written as JSON, which is also valid YAML. */
function yamlLines(group: ValueSchema, path: readonly string[]): string[] {
  const indent = "  ".repeat(path.length);
  return Object.entries(group.properties ?? {}).flatMap(([name, value]) => {
    const comment = `${indent}# ${described([...path, name].join("."), value)}`;
    if (value.properties === undefined) {
      return [comment, `${indent}${name}: ${JSON.stringify(value.default)}`];
    }
    const space = path.length === 0 ? [""] : [];
    return [...space, comment, `${indent}${name}:`, ...yamlLines(value, [...path, name])];
  });
}

/** The chart's values.yaml. */
export function valuesFile(): string {
  const head = "# Generated from values.schema.json by scripts/write-docs.ts: do not edit.";
  return `${[head, ...yamlLines(valuesSchema(), [])].join("\n")}\n`;
}

function tableRows(group: ValueSchema, path: readonly string[]): string[] {
  return Object.entries(group.properties ?? {}).flatMap(([name, value]) => {
    const at = [...path, name];
    if (value.properties !== undefined) return tableRows(value, at);
    const full = at.join(".");
    return [`| \`${full}\` | \`${JSON.stringify(value.default)}\` | ${described(full, value)} |`];
  });
}

/** A row for each value that can be set. */
export function valuesTable(): string {
  const head = ["| value | default | description |", "| --- | --- | --- |"];
  return [...head, ...tableRows(valuesSchema(), [])].join("\n");
}

/** The NATS users and their rights, inside the chart because Helm reads no files outside it. */
export function natsUsersFile(): string {
  const head = "# Generated from deploy/nats/ovation.conf by scripts/write-docs.ts: do not edit.";
  return `${head}\n#\n${readFileSync(ACCESS_CONFIG, "utf8")}`;
}

/** What of the chart is written from elsewhere: its values by their schema, and the users of NATS. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ACCESS_CONFIG } from "../../kit/nats/access.ts";

export const CHART = "deploy/helm/ovation";

/** What of JSON Schema a value of the chart uses for its description. */
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

/** Read when they are written, since nothing else needs them. */
function valuesSchema(): ValueSchema {
  const path = join(import.meta.dirname, "ovation/values.schema.json");
  return valueSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

/** @throws Error when a value has no description: there is nothing to be guessed */
function described(path: string, { description }: ValueSchema): string {
  if (description === undefined) throw new Error(`values.schema.json describes no ${path}`);
  return description;
}

/** Each default is written as JSON, which is YAML too. */
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
  const head = ["| value | default | what it is |", "| --- | --- | --- |"];
  return [...head, ...tableRows(valuesSchema(), [])].join("\n");
}

/** The users of NATS and their rights, where Helm finds them: it reads no file outside the chart. */
export function natsUsersFile(): string {
  const head = "# Generated from deploy/nats/ovation.conf by scripts/write-docs.ts: do not edit.";
  return `${head}\n#\n${readFileSync(ACCESS_CONFIG, "utf8")}`;
}

/** The alerts of the rules file, as a table for docs/operations.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { anchorOf } from "../../scripts/anchors.ts";

export const RULES_FILE = join(import.meta.dirname, "prometheus", "ovation.rules.yaml");
/** Where the shipped rules say that the runbook is; a team puts its own place there. */
export const RUNBOOK_URL = "https://ovation.example/operations.md";

const alertSchema = z.object({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.object({ severity: z.enum(["critical", "warning", "info"]) }),
  annotations: z.object({
    summary: z.string(),
    description: z.string(),
    /** A heading of docs/operations.md. */
    runbook_url: z.string().startsWith(`${RUNBOOK_URL}#`),
  }),
});
export type AlertRule = z.output<typeof alertSchema>;

const recordSchema = z.object({ record: z.string(), expr: z.string() });
export type RecordRule = z.output<typeof recordSchema>;

const rulesSchema = z.object({
  groups: z.array(
    z.object({ name: z.string(), rules: z.array(z.union([alertSchema, recordSchema])) }),
  ),
});

/** @throws z.ZodError when the file is invalid */
export function readRules(): { readonly alerts: AlertRule[]; readonly records: RecordRule[] } {
  const { groups } = rulesSchema.parse(parse(readFileSync(RULES_FILE, "utf8")));
  const rules = groups.flatMap((group) => group.rules);
  return {
    alerts: rules.filter((rule) => "alert" in rule),
    records: rules.filter((rule) => "record" in rule),
  };
}

/** The runbook's table, which links each alert to its heading. */
export function alertTable(): string {
  const rows = readRules().alerts.map(({ alert, labels, annotations }) => {
    return `| [${alert}](#${anchorOf(alert)}) | ${labels.severity} | ${annotations.summary} |`;
  });
  return ["| alert | severity | meaning |", "| --- | --- | --- |", ...rows, ""].join("\n");
}

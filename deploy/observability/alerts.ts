/** The alerts of the rules file, as a table for docs/operations.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

export const RULES_FILE = join(import.meta.dirname, "prometheus", "ovation.rules.yaml");
const ROOT = join(import.meta.dirname, "..", "..");
const RUNBOOK = "docs/operations.md";

const alertSchema = z.object({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.object({ severity: z.enum(["critical", "warning", "info"]) }),
  annotations: z.object({
    summary: z.string(),
    description: z.string(),
    /** From the root of the repository: a heading of docs/operations.md. */
    runbook: z.string().startsWith(`${RUNBOOK}#`),
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

/** Headings of the runbook by their anchors. */
function headings(): ReadonlyMap<string, string> {
  const titles = readFileSync(join(ROOT, RUNBOOK), "utf8").matchAll(/^## (.+)$/gm);
  return new Map(
    [...titles].map(([, title = ""]) => {
      const words = title.toLowerCase().replaceAll(/[^a-z0-9 -]/g, "");
      return [words.replaceAll(" ", "-"), title];
    }),
  );
}

/**
 * The runbook's table, which links each alert to its heading.
 * @throws Error when there is no such heading
 */
export function alertTable(): string {
  const titles = headings();
  const rows = readRules().alerts.map(({ alert, labels, annotations }) => {
    const anchor = annotations.runbook.slice(RUNBOOK.length + 1);
    const title = titles.get(anchor);
    if (title === undefined) throw new Error(`${alert}: ${RUNBOOK} has no heading #${anchor}`);
    return `| \`${alert}\` | ${labels.severity} | ${annotations.summary} | [${title}](#${anchor}) |`;
  });
  const head = ["| alert | severity | meaning | runbook section |", "| --- | --- | --- | --- |"];
  return [...head, ...rows, ""].join("\n");
}

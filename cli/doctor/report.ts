/** The findings as a person reads them. */
import { type Fault, type Finding, faultTexts } from "./diagnose.ts";
import type { Look } from "./look.ts";

/** Findings of one fault that are told one by one; of more, the number. */
const TOLD_EACH = 20;

export function reportText(findings: readonly Finding[], { rows, leases }: Look): string {
  const seen = `${count(leases.size, "gateway")} with a lease, ${count(rows.length, "row")}`;
  if (findings.length === 0) return `The table is right: ${seen}.\n`;
  const lines = [`Not all is right (${seen}). ${count(findings.length, "finding")}:`];
  for (const [fault, of] of Map.groupBy(findings, (finding) => finding.fault)) {
    lines.push("", `${fault}: ${faultTexts[fault satisfies Fault]}`);
    for (const finding of of.slice(0, TOLD_EACH)) lines.push(`  ${line(finding)}`);
    if (of.length > TOLD_EACH) lines.push(`  and ${of.length - TOLD_EACH} more`);
  }
  return `${lines.join("\n")}\n`;
}

function line(finding: Finding): string {
  const { bucket, key, gateway, dispatcher, video, row, held, revision, difference } = finding;
  const facts: readonly (readonly [string, unknown])[] = [
    ["bucket", bucket],
    ["key", key],
    ["gateway", gateway],
    ["dispatcher", dispatcher],
    ["video", video],
    ["row", row],
    ["held", held],
    ["revision", revision],
    ["difference", difference],
  ];
  return facts.flatMap(([name, fact]) => (fact === undefined ? [] : `${name} ${fact}`)).join(", ");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

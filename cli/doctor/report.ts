/** The findings as a person reads them. */
import { type Fault, type Finding, faultTexts } from "./diagnose.ts";
import type { Snapshot } from "./snapshot.ts";

/** At most this many findings of a fault are listed; of the rest, only the number. */
const LISTED_PER_FAULT = 20;

export function reportText(findings: readonly Finding[], { rows, leases }: Snapshot): string {
  const seen = `${count(leases.size, "gateway")} with a lease, ${count(rows.length, "row")}`;
  if (findings.length === 0) return `The table is right: ${seen}.\n`;
  const lines = [`Something is wrong (${seen}). ${count(findings.length, "finding")}:`];
  for (const [fault, of] of Map.groupBy(findings, (finding) => finding.fault)) {
    lines.push("", `${fault}: ${faultTexts[fault satisfies Fault]}`);
    for (const finding of of.slice(0, LISTED_PER_FAULT)) lines.push(`  ${line(finding)}`);
    if (of.length > LISTED_PER_FAULT) lines.push(`  and ${of.length - LISTED_PER_FAULT} more`);
  }
  return `${lines.join("\n")}\n`;
}

function line(finding: Finding): string {
  const { bucket, key, gateway, dispatcher, video, partition } = finding;
  const { row, held, revision, difference } = finding;
  const facts: readonly (readonly [string, unknown])[] = [
    ["bucket", bucket],
    ["key", key],
    ["gateway", gateway],
    ["dispatcher", dispatcher],
    ["video", video],
    ["partition", partition],
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

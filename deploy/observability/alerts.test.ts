/** What an operator relies on in alerts: a deployment of its own, a runbook, and one page for one cause. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { anchorOf } from "../../scripts/anchors.ts";
import { RUNBOOK_URL, readRules } from "./alerts.ts";

const { alerts, records } = readRules();
const runbook = readFileSync(join(import.meta.dirname, "../../docs/operations.md"), "utf8");

test("the runbook has a section for each alert, under its name, and the URL leads there", () => {
  const sections = [...runbook.matchAll(/^### (Ovation\w+)$/gm)].map(([, name = ""]) => name);
  expect(sections).toEqual(alerts.map(({ alert }) => alert));
  for (const { alert, annotations } of alerts) {
    expect(annotations.runbook_url).toBe(`${RUNBOOK_URL}#${anchorOf(alert)}`);
  }
});

test("each section has commands to paste", () => {
  const sections = runbook.split(/^### (?=Ovation)/m).slice(1);
  expect(sections.filter((section) => !section.includes("```sh\n"))).toEqual([]);
});

test("no alert or record mixes deployments: each sum keeps namespace and job", () => {
  const exprs = [...alerts, ...records].map(({ expr }) => expr);
  const sums = exprs.flatMap(
    (expr) => expr.match(/\b(?:sum|count|max|min|avg)\b(?!_)[^(]*\([^)]*/g) ?? [],
  );
  expect(sums.length).toBeGreaterThan(40);
  expect(sums.filter((sum) => !sum.includes("by (namespace, job"))).toEqual([]);
  expect(exprs.filter((expr) => /\babsent\b/.test(expr))).toEqual([]);
});

test("what Alertmanager leaves out while its cause is told are alerts that there are", () => {
  const text = readFileSync(join(import.meta.dirname, "alertmanager.yml"), "utf8");
  const matchers = z.array(z.string());
  const { inhibit_rules: rules } = z
    .object({
      inhibit_rules: z.array(
        z.object({ source_matchers: matchers, target_matchers: matchers, equal: matchers }),
      ),
    })
    .parse(parse(text));
  const known = new Set(alerts.map(({ alert }) => alert));
  for (const { source_matchers, target_matchers, equal } of rules) {
    const named = [...source_matchers, ...target_matchers].flatMap(
      (one) => one.match(/Ovation\w+/g) ?? [],
    );
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    expect(equal.slice(0, 2)).toEqual(["namespace", "job"]);
  }
});

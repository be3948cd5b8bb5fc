/** A self-contained page: a result's figures, and plots over time by uPlot. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { ResultFile, RunResult } from "./result.ts";
import { goalText, isReached, numberText } from "./table.ts";

const require = createRequire(import.meta.url);
const UPLOT = join(require.resolve("uplot/package.json"), "..", "dist");
const PAGE = join(import.meta.dirname, "page");

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

/** Data inside a script element, escaped so that it can't end the element. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function figureRow(figure: RunResult["figures"][number]): string {
  const reached = isReached(figure);
  const goal = goalText(figure);
  const mark = reached === undefined ? "" : reached ? "✓ " : "✗ ";
  const kind = reached === undefined ? "" : reached ? "reached" : "missed";
  return `<tr><td>${escaped(figure.name)}</td><td class="number">${numberText(figure.value)}</td><td>${escaped(figure.unit)}</td><td class="${kind}">${mark}${escaped(goal)}</td></tr>`;
}

function runSection(run: RunResult, index: number): string {
  const plots = run.loads
    .map((load, at) => {
      const id = `run-${index}-load-${at}`;
      return `<h3>${escaped(load.name)} (${escaped(load.system)})</h3><div class="plots" data-run="${index}" data-load="${at}" id="${id}"></div>`;
    })
    .join("");
  return `<section>
<h2>${escaped(run.scenario)} <small>${escaped(run.startedAt)}</small></h2>
<p>${escaped(run.question)}</p>
${plots}
<table><thead><tr><th>figure</th><th class="number">value</th><th>unit</th><th>goal</th></tr></thead><tbody>${run.figures.map(figureRow).join("")}</tbody></table>
<ul>${run.remarks.map((remark) => `<li>${escaped(remark)}</li>`).join("")}</ul>
</section>`;
}

export function pageOf(file: ResultFile): string {
  const style = readFileSync(join(UPLOT, "uPlot.min.css"), "utf8");
  const uplot = readFileSync(join(UPLOT, "uPlot.iife.min.js"), "utf8");
  const ownStyle = readFileSync(join(PAGE, "page.css"), "utf8");
  const plots = readFileSync(join(PAGE, "plots.js"), "utf8");
  const about = { ...file.build, ...file.machine, command: file.command.join(" ") || "(none)" };
  const facts = Object.entries(about)
    .map(([name, value]) => `${escaped(name)}: ${escaped(String(value))}`)
    .join(" · ");
  const loads = file.runs.map((run) => run.loads);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ovation bench</title>
<style>${style}${ownStyle}</style>
</head>
<body>
<h1>Ovation bench</h1>
<p class="facts">${facts}</p>
${file.runs.map(runSection).join("\n")}
<script>${uplot}</script>
<script>const loads = ${inScript(loads)};</script>
<script>${plots}</script>
</body>
</html>
`;
}

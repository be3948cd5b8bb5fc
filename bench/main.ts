/** `npm run bench`: runs scenarios, writes their results, compares two results. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { helpText, parseCommand, UsageError } from "./options.ts";
import { recordingOf, writeRecording } from "./recordings/recording.ts";
import { compareFiles } from "./report/compare.ts";
import { build, machine } from "./report/environment.ts";
import { pageOf } from "./report/page.ts";
import { RESULT_FORMAT, type ResultFile, type RunResult } from "./report/result.ts";
import { tableOf } from "./report/table.ts";
import { fault, print, watcher } from "./say.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import type { Options, Scenario } from "./scenarios/scenario.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;
const RESULTS = join(import.meta.dirname, "..", ".cache", "bench", "results");

function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const known = SCENARIOS.map((scenario) => scenario.name).join(", ");
  throw new UsageError(`no scenario "${name}"; there are ${known}`);
}

async function runOnce(scenario: Scenario, options: Options): Promise<RunResult> {
  const startedAt = new Date().toISOString();
  const outcome = await scenario.run(options, watcher);
  const run = { scenario: scenario.name, question: scenario.question, startedAt, ...outcome };
  print(`\n${tableOf(run)}\n`);
  return run;
}

function write(runs: readonly RunResult[], out: string | undefined): void {
  const file: ResultFile = {
    format: RESULT_FORMAT,
    machine: machine(),
    build: build(),
    command: process.argv.slice(2),
    runs,
  };
  const names = [...new Set(runs.map(({ scenario }) => scenario))].join("-");
  const stamp = (runs[0]?.startedAt ?? "").replaceAll(/[:.]/g, "-");
  const path = out ?? join(RESULTS, `${names}-${stamp}.json`);
  const page = path.replace(/(\.json)?$/, ".html");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(file)}\n`);
  writeFileSync(page, pageOf(file));
  print(`Written: ${path}\n         ${page}`);
}

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2));
  if (command.help) return print(helpText(SCENARIOS.map(({ name }) => name)));
  const byDefault = command.options.replay === undefined ? "likes" : "replay";
  const [first = byDefault, ...rest] = command.words;
  if (first === "compare") return print(compareFiles(rest));
  const scenarios = [first, ...rest].map(scenarioNamed);
  const runs: RunResult[] = [];
  for (let round = 0; round < command.repeat; round += 1) {
    for (const scenario of scenarios) runs.push(await runOnce(scenario, command.options));
  }
  write(runs, command.out);
  const recorded = runs.flatMap(({ loads }) => loads)[0];
  if (command.options.record !== undefined && recorded !== undefined) {
    const about = `Recorded from ${process.argv.slice(2).join(" ")}`;
    writeRecording(command.options.record, recordingOf(about, recorded));
    print(`         ${command.options.record}`);
  }
}

// Every child process ends with this one: by its IPC channel or its guard.
process.on("SIGINT", () => process.exit(EXIT_INTERRUPTED));
process.on("SIGTERM", () => process.exit(EXIT_INTERRUPTED));
try {
  await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  fault(isUsage ? error.message : error instanceof Error ? (error.stack ?? "") : String(error));
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED;
}

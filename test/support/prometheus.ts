/** A Prometheus for one test, and promtool, from Debian's package `prometheus`. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { freePort } from "../../kit/nats/free-port.ts";
import { eventually } from "./eventually.ts";

const FOLDER = join(import.meta.dirname, "../../deploy/observability/prometheus");
export const RULES = join(FOLDER, "ovation.rules.yaml");
export const RULES_TEST = join(FOLDER, "ovation.rules.test.yaml");
const EXAMPLE = join(FOLDER, "prometheus.yaml");

/** Whether a program can be run by its name. */
export function isInstalled(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Unless tools are required, tests that need a missing one are left out, by name. */
export const hasPrometheus =
  (isInstalled("prometheus") && isInstalled("promtool")) ||
  Boolean(process.env["OVATION_TEST_REQUIRE"]);
if (!hasPrometheus) {
  process.stderr.write("Left out: tests of dashboard and alerts (there is no Prometheus)\n");
}

/** Runs promtool; rejects with its output if it finds a fault. */
export async function promtool(args: readonly string[], input = ""): Promise<string> {
  const running = promisify(execFile)("promtool", args);
  running.child.stdin?.end(input);
  return (await running).stdout;
}

interface PrometheusOptions {
  /** A file of rules; by default the shipped one. */
  readonly rules?: string;
  /** Host and port of an Alertmanager. */
  readonly alertmanager?: string;
}

const exampleSchema = z.looseObject({
  scrape_configs: z.tuple([z.looseObject({ job_name: z.string() })]),
});

/** The shipped example, with a scrape interval of one second, other targets, and perhaps other rules. */
async function configFor(
  targetsFile: string,
  { rules = RULES, alertmanager }: PrometheusOptions,
): Promise<string> {
  const example = exampleSchema.parse(parse(await readFile(EXAMPLE, "utf8")));
  const [job] = example.scrape_configs;
  return stringify({
    ...example,
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [rules],
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
    scrape_configs: [{ job_name: job.job_name, file_sd_configs: [{ files: [targetsFile] }] }],
  });
}

const TARGETS = "targets.json";

/** In one step: Prometheus reads the file as soon as it changes. */
async function writeTargets(folder: string, opsPorts: readonly number[]): Promise<void> {
  const targets = opsPorts.map((port) => `127.0.0.1:${port}`);
  await writeFile(join(folder, "next.json.tmp"), JSON.stringify([{ targets }]));
  await rename(join(folder, "next.json.tmp"), join(folder, TARGETS));
}

const answerSchema = z.object({ status: z.literal("success"), data: z.unknown() });
const vectorSchema = z.object({
  result: z.array(
    z.object({
      metric: z.record(z.string(), z.string()),
      value: z.tuple([z.number(), z.string()]),
    }),
  ),
});
const exemplarsSchema = z.array(
  z.object({ exemplars: z.array(z.object({ labels: z.object({ trace_id: z.string() }) })) }),
);
const alertsSchema = z.object({
  alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })),
});

/** A series and its current value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class TestPrometheus {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.#url = url;
  }

  /** Starts a server that scrapes these local ports every second. */
  static async start(
    opsPorts: readonly number[],
    options: PrometheusOptions = {},
  ): Promise<TestPrometheus> {
    const folder = await mkdtemp(join(tmpdir(), "ovation-prometheus-"));
    const config = join(folder, "prometheus.yaml");
    await writeTargets(folder, opsPorts);
    await writeFile(config, await configFor(join(folder, TARGETS), options));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      "prometheus",
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=${address}`,
        "--log.level=warn",
        "--enable-feature=exemplar-storage",
      ],
      { stdio: ["ignore", "inherit", "inherit"] },
    );
    const prometheus = new TestPrometheus(child, folder, `http://${address}`);
    try {
      await once(child, "spawn");
      await eventually(() => prometheus.#isReady());
    } catch (error) {
      await prometheus.stop();
      throw error;
    }
    return prometheus;
  }

  /** Scrapes these from now on. */
  async scrape(opsPorts: readonly number[]): Promise<void> {
    await writeTargets(this.#folder, opsPorts);
  }

  async stop(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) {
      const exit = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await exit;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  /**
   * The current values of an expression.
   * @throws Error with Prometheus's objection to the expression
   */
  async query(expr: string): Promise<Sample[]> {
    const { result } = vectorSchema.parse(await this.#ask("query", { query: expr }));
    return result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  /** The names of all series. */
  async names(): Promise<ReadonlySet<string>> {
    return new Set(z.array(z.string()).parse(await this.#ask("label/__name__/values")));
  }

  /** The ids of traces beside the series that an expression selects, of the last minutes. */
  async traces(query: string): Promise<readonly string[]> {
    const now = Date.now() / 1_000;
    const span = { start: String(now - 600), end: String(now + 60) };
    const found = exemplarsSchema.parse(await this.#ask("query_exemplars", { query, ...span }));
    return found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
  }

  /** The alerts that fire. */
  async firing(): Promise<readonly string[]> {
    const { alerts } = alertsSchema.parse(await this.#ask("alerts"));
    return alerts
      .filter(({ state }) => state === "firing")
      .map(({ labels }) => labels["alertname"] ?? "");
  }

  async #ask(path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(query)}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${query["query"] ?? path}: ${text}`);
    return answerSchema.parse(JSON.parse(text)).data;
  }

  async #isReady(): Promise<boolean> {
    const { exitCode } = this.#child;
    if (exitCode !== null) throw new Error(`prometheus ended with ${exitCode}`);
    return await fetch(`${this.#url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

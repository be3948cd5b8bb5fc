/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import type { Options } from "./scenarios/scenario.ts";

/** The command line is invalid. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Command {
  /** Scenario names, or `compare` or `peers`, and what follows. */
  readonly words: readonly string[];
  readonly options: Options;
  readonly repeat: number;
  /** The JSON file to write; the page is written next to it. */
  readonly out: string | undefined;
  readonly help: boolean;
}

const flags = {
  viewers: { type: "string", doc: "how many viewers" },
  rate: { type: "string", doc: "events published per second" },
  seconds: { type: "string", doc: "how long to measure" },
  "warm-up": { type: "string", doc: "seconds of load before the measurement" },
  sample: { type: "string", doc: "viewers that read at once and measure latency" },
  hidden: { type: "string", doc: "share of the other viewers whose page is hidden, 0 to 1" },
  videos: { type: "string", doc: "how many videos, in scenarios with several" },
  gateways: { type: "string", doc: "gateways of the stack that is started" },
  dispatchers: { type: "string", doc: "dispatchers of the stack that is started" },
  "gateway-flag": { type: "string", multiple: true, doc: "a flag for each gateway, key=value" },
  "dispatcher-flag": { type: "string", multiple: true, doc: "a flag for each dispatcher" },
  system: { type: "string", multiple: true, doc: "one of those that are compared, by its name" },
  link: { type: "string", doc: "veth: the generator in a network namespace of its own" },
  profile: { type: "string", doc: "a folder for CPU profiles of gateways and dispatchers" },
  url: { type: "string", multiple: true, doc: "ws://host:port of a running gateway to use" },
  metrics: { type: "string", multiple: true, doc: "http://host:port/metrics of such a gateway" },
  record: { type: "string", doc: "records the run's audience to this file" },
  replay: { type: "string", doc: "replays a recorded audience instead" },
  speed: { type: "string", doc: "speed of a replay: 2 is twice as fast" },
  repeat: { type: "string", doc: "how many times to run, to measure the noise" },
  out: { type: "string", doc: "the JSON file; the page is written next to it" },
  help: { type: "boolean", doc: "prints this" },
} as const;

function numberOf(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text === "" || !Number.isFinite(value) || value < least) {
    throw new UsageError(`--${name} must be a number that is at least ${least}, but is "${text}"`);
  }
  return value;
}

function shareOf(name: string, text: string | undefined): number | undefined {
  const share = numberOf(name, text, 0);
  if (share === undefined || share <= 1) return share;
  throw new UsageError(`--${name} must be a number from 0 to 1, but is "${text}"`);
}

function linkOf(text: string | undefined): Options["link"] {
  if (text === undefined || text === "loopback" || text === "veth") return text ?? "loopback";
  throw new UsageError(`--link must be loopback or veth, but is "${text}"`);
}

/** Turns `a=b` into `--a=b`. */
function flagWords(given: readonly string[] | undefined): string[] {
  return (given ?? []).map((text) => `--${text.replace(/^--/, "")}`);
}

export function parseCommand(argv: readonly string[]): Command {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  const whole = (name: "viewers" | "sample" | "videos" | "gateways" | "dispatchers") => {
    const value = numberOf(name, values[name], name === "sample" ? 0 : 1);
    if (value !== undefined && !Number.isInteger(value)) {
      throw new UsageError(`--${name} must be a whole number`);
    }
    return value;
  };
  return {
    words: positionals,
    repeat: numberOf("repeat", values.repeat, 1) ?? 1,
    out: values.out,
    help: values.help === true,
    options: {
      viewers: whole("viewers"),
      sample: whole("sample"),
      videos: whole("videos"),
      gateways: whole("gateways"),
      dispatchers: whole("dispatchers"),
      hidden: shareOf("hidden", values.hidden),
      rate: numberOf("rate", values.rate, 0.001),
      seconds: numberOf("seconds", values.seconds, 1),
      warmUpSeconds: numberOf("warm-up", values["warm-up"], 0),
      speed: numberOf("speed", values.speed, 0.001) ?? 1,
      gatewayFlags: flagWords(values["gateway-flag"]),
      dispatcherFlags: flagWords(values["dispatcher-flag"]),
      systems: values.system ?? [],
      link: linkOf(values.link),
      profile: values.profile,
      urls: values.url ?? [],
      metricsUrls: values.metrics ?? [],
      record: values.record,
      replay: values.replay,
    },
  };
}

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: flags, allowPositionals: true });
}

export function helpText(scenarios: readonly string[]): string {
  const lines = Object.entries(flags).map(
    ([name, { type, doc }]) => `  --${type === "string" ? `${name} X` : name}`.padEnd(24) + doc,
  );
  return [
    "Usage: npm run bench -- [SCENARIO ...] [--flag X ...]",
    "       npm run bench -- compare A.json B.json",
    "",
    `Scenarios: ${scenarios.join(", ")}. Without one: likes.`,
    "",
    ...lines,
  ].join("\n");
}

/** A scenario: a question, and the run that answers it. */
import { vethLink } from "../control/link.ts";
import type { Watcher } from "../control/load.ts";
import type { Audience } from "../control/messages.ts";
import { outside } from "../control/outside.ts";
import { Stack, type StackOptions } from "../control/stack.ts";
import type { System } from "../control/system.ts";
import type { Stream } from "../publishers/schedule.ts";
import type { RunResult } from "../report/result.ts";

/** The command line's options; a scenario has its own default for each that is undefined. */
export interface Options {
  readonly viewers?: number | undefined;
  readonly rate?: number | undefined;
  readonly seconds?: number | undefined;
  readonly warmUpSeconds?: number | undefined;
  readonly sample?: number | undefined;
  /** Of the viewers that don't measure latency: whose page is hidden while the load runs. */
  readonly hidden?: number | undefined;
  readonly videos?: number | undefined;
  readonly gateways?: number | undefined;
  readonly dispatchers?: number | undefined;
  readonly gatewayFlags: readonly string[];
  readonly dispatcherFlags: readonly string[];
  /** Which systems a comparison runs; all when empty. */
  readonly systems: readonly string[];
  /** Between gateways and generator. */
  readonly link: "loopback" | "veth";
  readonly profile: string | undefined;
  readonly urls: readonly string[];
  readonly metricsUrls: readonly string[];
  readonly record: string | undefined;
  readonly replay: string | undefined;
  readonly speed: number;
}

type Outcome = Pick<RunResult, "figures" | "loads" | "remarks">;

export interface Scenario {
  readonly name: string;
  /** The question that it answers, as one paragraph. */
  readonly question: string;
  run(options: Options, watcher: Watcher): Promise<Outcome>;
}

export const SAMPLE = 300;
export const WARM_UP_SECONDS = 5;

/** The system under test: a given one, or a stack that is started for it. */
export async function systemOf(
  options: Options,
  watcher: Watcher,
  sizes: Partial<Pick<StackOptions, "gateways" | "dispatchers">> = {},
): Promise<System> {
  if (options.urls.length > 0) return outside(options.urls, options.metricsUrls);
  return await stackOf(options, watcher, sizes);
}

/** A stack of processes, for a scenario that kills or counts them. */
export async function stackOf(
  options: Options,
  watcher: Watcher,
  sizes: Partial<Pick<StackOptions, "gateways" | "dispatchers">> = {},
): Promise<Stack> {
  if (options.urls.length > 0)
    throw new Error("this scenario can only use a stack that it starts itself");
  return await Stack.start({
    gateways: sizes.gateways ?? options.gateways ?? 2,
    dispatchers: sizes.dispatchers ?? options.dispatchers ?? 2,
    gatewayFlags: options.gatewayFlags,
    dispatcherFlags: options.dispatcherFlags,
    profileDirectory: options.profile,
    ...(options.link === "veth" ? { link: vethLink() } : {}),
    onStep: (text) => watcher.step(text),
  });
}

/** A name that no earlier run used, for a system that outlives a run. */
export function newVideo(prefix: string): string {
  return `${prefix}-${Date.now().toString(36)}`;
}

/** A steady stream over the warm-up and the measured time. */
export function steady(
  video: string,
  kind: string,
  perSecond: number,
  seconds: number,
  text?: string,
): Stream {
  const count = Math.round(perSecond * seconds);
  const timing = { form: "steady", perSecond, fromUs: 0, count } as const;
  return { video, kind, firstNumber: 0, timing, ...(text === undefined ? {} : { text }) };
}

/** A connection's publishes in flight are limited, so fast streams need several connections. */
export function connectionsFor(perSecond: number): number {
  return Math.max(8, Math.ceil(perSecond / 100));
}

export function oneVideo(video: string, viewers: number): Audience[] {
  return [{ video, viewers }];
}

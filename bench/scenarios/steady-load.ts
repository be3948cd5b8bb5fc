/** The load of most scenarios: one video, all viewers on it, and one kind of event at a steady rate. */
import { type LoadPlan, runLoad, type Watcher } from "../control/load.ts";
import type { System } from "../control/system.ts";
import type { LoadResult } from "../report/result.ts";
import {
  connectionsFor,
  newVideo,
  type Options,
  oneVideo,
  SAMPLE,
  steady,
  WARM_UP_SECONDS,
} from "./scenario.ts";

/** Defaults that the command line can override. */
interface SteadyLoad {
  /** The load's name in the report; a scenario may have several loads. */
  readonly name: string;
  readonly kind: string;
  readonly text?: string;
  readonly viewers: number;
  /** Events per second. */
  readonly rate: number;
  readonly warmUpSeconds?: number;
  readonly seconds: number;
  /** Viewers that read at once. */
  readonly sample?: number;
}

export function steadyPlan(load: SteadyLoad, options: Options): LoadPlan {
  const { name, kind, text } = load;
  const rate = options.rate ?? load.rate;
  const warmUp = options.warmUpSeconds ?? load.warmUpSeconds ?? WARM_UP_SECONDS;
  const seconds = options.seconds ?? load.seconds;
  const video = newVideo(kind);
  return {
    name,
    kind,
    audiences: oneVideo(video, options.viewers ?? load.viewers),
    streams: [steady(video, kind, rate, warmUp + seconds, text)],
    warmUpMs: warmUp * 1_000,
    measureMs: seconds * 1_000,
    sample: options.sample ?? load.sample ?? SAMPLE,
    hidden: options.hidden ?? 0,
    publisherConnections: connectionsFor(rate),
  };
}

/** Runs a single load on the system and then stops the system, even if the load fails. */
export async function runOnly(
  system: System,
  plan: LoadPlan,
  watcher: Watcher,
): Promise<LoadResult> {
  try {
    return await runLoad(system, plan, watcher);
  } finally {
    await system.stop();
  }
}

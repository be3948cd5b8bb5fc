import { setTimeout as wait } from "node:timers/promises";
import type { Watcher } from "../control/load.ts";
import { coresText, coresWhile } from "../control/measured.ts";
import { VirtualFleet } from "../control/virtual-fleet.ts";
import { percentilesOf, unpacked } from "../latency.ts";
import type { Figure } from "../report/result.ts";
import { newVideo, type Options, type Scenario, stackOf } from "./scenario.ts";

/** How many gateways there are, one after the other, up to that of --gateways. */
const SIZES = [10, 100, 500] as const;
const RATE = 10_000;
const WARM_UP_SECONDS = 2;
const SECONDS = 5;
/** How much more each gateway may receive in the largest fleet than in the one before. */
const GOAL_GROWTH = 1.1;

interface FleetResult {
  readonly gateways: number;
  /** Messages into each gateway, a second. */
  readonly each: number;
  readonly figures: readonly Figure[];
  readonly remarks: readonly string[];
}

export const fleet: Scenario = {
  name: "fleet",
  question:
    "What do NATS and the dispatchers carry when one video has many gateways? 10,000 likes a second at 10, 100 and 500 gateways (or up to --gateways), on real NATS and two real dispatchers. The gateways are virtual: each has a lease, a row, a subscription and a connection of its own, publishes as a gateway does and counts what it gets, but has no viewers. What each gateway receives should not grow with their number; `--dispatcher-flag fanout-window-ms=0` shows the same without the fan-out window.",
  run: async (options, watcher) => {
    const most = options.gateways ?? SIZES[SIZES.length - 1] ?? 1;
    const sizes = [...new Set([...SIZES.filter((size) => size < most), most])];
    const results: FleetResult[] = [];
    for (const gateways of sizes) results.push(await measure(gateways, options, watcher));
    const [before, largest] = [results.at(-2), results.at(-1)];
    const growth: Figure[] =
      before === undefined || largest === undefined || before.each === 0
        ? []
        : [
            {
              name: `messages into each of ${largest.gateways} gateways against ${before.gateways}`,
              unit: "times",
              value: largest.each / before.each,
              better: "lower",
              goal: { relation: "≤", value: GOAL_GROWTH },
            },
          ];
    return {
      figures: [...results.flatMap(({ figures }) => figures), ...growth],
      loads: [],
      remarks: results.flatMap(({ remarks }) => remarks),
    };
  },
};

async function measure(gateways: number, options: Options, watcher: Watcher): Promise<FleetResult> {
  const seconds = options.seconds ?? SECONDS;
  const warmUp = options.warmUpSeconds ?? WARM_UP_SECONDS;
  const perSecond = options.rate ?? RATE;
  const stack = await stackOf(options, watcher, { gateways: 0 });
  let virtual: VirtualFleet | undefined;
  try {
    watcher.step(`${gateways} virtual gateways`);
    virtual = await VirtualFleet.start(stack, newVideo("fleet"), gateways);
    const gatewaysNow = virtual;
    watcher.step(`${perSecond} likes a second`);
    const loading = gatewaysNow.load({ perSecond, ms: (warmUp + seconds) * 1_000 });
    loading.catch(() => undefined); // Reported by the `await` below.
    await wait(warmUp * 1_000);
    const from = await gatewaysNow.sums();
    const { seconds: measured, cores } = await coresWhile(
      [...stack.processes, ...gatewaysNow.processes],
      () => wait(seconds * 1_000),
    );
    const to = await gatewaysNow.sums();
    await loading;
    const end = await gatewaysNow.settle();
    const times = percentilesOf(unpacked(end.times));
    const messages = (to.messages - from.messages) / measured;
    const sumOf = (likes: readonly number[]) => likes.reduce((all, one) => all + one, 0);
    const lost = sumOf(end.seenLikes.map((likes) => Math.max(0, end.accepted - likes)));
    const surplus = sumOf(end.seenLikes.map((likes) => Math.max(0, likes - end.accepted)));
    const name = (text: string) => `${gateways} gateways: ${text}`;
    const core = (kind: string): Figure => ({
      name: name(`CPU of ${kind === "nats" ? "NATS" : `${kind}s`}`),
      unit: "cores",
      value: cores[kind] ?? 0,
      better: "lower",
    });
    const figures: Figure[] = [
      {
        name: name("messages into each"),
        unit: "/s",
        value: messages / gateways,
        better: "lower",
      },
      {
        name: name("bytes into each"),
        unit: "/s",
        value: (to.bytes - from.bytes) / measured / gateways,
        better: "lower",
      },
      {
        name: name("requests"),
        unit: "/s",
        value: (to.requests - from.requests) / measured,
        better: "neither",
      },
      {
        name: name("likes accepted"),
        unit: "/s",
        value: (to.accepted - from.accepted) / measured,
        better: "higher",
      },
      core("nats"),
      core("dispatcher"),
      { name: name("answered p50"), unit: "ms", value: times.p50, better: "lower" },
      { name: name("answered p99"), unit: "ms", value: times.p99, better: "lower" },
      { name: name("likes lost"), unit: "at those that count", value: lost, better: "exact" },
      {
        name: name("likes too many"),
        unit: "at those that count",
        value: surplus,
        better: "exact",
      },
      { name: name("refused"), unit: "likes", value: end.refused, better: "exact" },
    ];
    const remarks = [name(`cores used: ${coresText(cores)}`)];
    return { gateways, each: messages / gateways, figures, remarks };
  } finally {
    await virtual?.stop();
    await stack.stop();
  }
}

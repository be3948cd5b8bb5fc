import { publishCosts, receiveCosts, requestCosts, viewerCosts } from "../control/act-costs.ts";
import { Stack } from "../control/stack.ts";
import { historyCosts, tableCosts } from "../control/store-costs.ts";
import type { Figure } from "../report/result.ts";
import type { Scenario } from "./scenario.ts";

const VIEWERS = 2_000;
const LIKES_PER_SECOND = 2_000;
const COMMENTS_PER_SECOND = 500;
const ROWS = 50_000;
const RECORDS = 20_000;

/** A flag of `ovation size`, and what it says. */
type Flag = readonly [name: string, value: number, unit: string, better: Figure["better"]];

export const costs: Scenario = {
  name: "costs",
  question:
    "What does each single act cost, such as a write to a viewer's socket, a publish request, a row of the table? One part after the other is loaded with one sort of act; its processor time is divided by their number. The figures have the names of the flags of `ovation size`, which reckons with them.",
  run: async (options, watcher) => {
    if (options.urls.length > 0)
      throw new Error("this scenario needs stacks that it starts itself");
    const measureMs = (options.seconds ?? 4) * 1_000;
    /** @param intervalMs of frames, where they are not to go as often as they may */
    const on = async <T>(
      what: string,
      gateways: number,
      intervalMs: number | undefined,
      work: (stack: Stack) => Promise<T>,
    ): Promise<T> => {
      watcher.step(what);
      const ends = intervalMs === undefined ? [] : ["min", "max"];
      const stack = await Stack.start({
        gateways,
        dispatchers: 1,
        gatewayFlags: [
          ...options.gatewayFlags,
          ...ends.map((end) => `--frame-interval-${end}-ms=${intervalMs}`),
        ],
        dispatcherFlags: options.dispatcherFlags,
        profileDirectory: options.profile,
        onStep: () => undefined,
      });
      try {
        return await work(stack);
      } finally {
        await stack.stop();
      }
    };
    const viewers = options.viewers ?? VIEWERS;
    const publish = (kind: "like" | "comment", perSecond: number) => (stack: Stack) =>
      publishCosts(stack, kind, perSecond, measureMs);
    const request = await on("requests", 0, undefined, (stack) => requestCosts(stack, measureMs));
    const viewer = await on("viewers, and writes to them", 1, 50, (stack) =>
      viewerCosts(stack, viewers, measureMs),
    );
    const receive = await on("what gateways take in", 1, 1_000, (stack) =>
      receiveCosts(stack, measureMs),
    );
    const like = await on("likes", 1, undefined, publish("like", LIKES_PER_SECOND));
    const comment = await on("comments", 1, undefined, publish("comment", COMMENTS_PER_SECOND));
    const table = await on("rows of the table", 0, undefined, (stack) => tableCosts(stack, ROWS));
    const history = await on("the history", 0, undefined, (stack) => historyCosts(stack, RECORDS));
    const flags: readonly Flag[] = [
      ["write-us", viewer.writeUs, "µs", "lower"],
      ["connect-us", viewer.connectUs, "µs", "lower"],
      ["receive-us", receive.receiveUs, "µs", "lower"],
      ["publish-us", like.gateway, "µs", "lower"],
      ["request-us", request.requestUs, "µs", "lower"],
      ["emit-us", request.emitUs, "µs", "lower"],
      ["record-us", comment.dispatcher, "µs", "lower"],
      ["change-us", table.changeUs, "µs", "lower"],
      ["nats-us", request.natsUs, "µs", "lower"],
      ["nats-store-us", history.natsStoreUs, "µs", "lower"],
      ["rows-per-second", table.rowsPerSecond, "/s", "higher"],
      ["stores-per-second", history.storesPerSecond, "/s", "higher"],
      ["looks-per-second", history.looksPerSecond, "/s", "higher"],
      ["row-bytes", table.rowBytes, "bytes", "lower"],
    ];
    const words = flags.map(([name, value]) => `--${name}=${Number(value.toPrecision(2))}`);
    return {
      figures: flags.map(([name, value, unit, better]) => ({ name, unit, value, better })),
      loads: [],
      remarks: [
        `npx ovation size ${words.join(" ")}`,
        "processor time is counted by hundredths of a second: a figure is no better than that",
      ],
    };
  },
};

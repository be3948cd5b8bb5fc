import { settingNames } from "../../shared/config/setting.ts";
import {
  publishCosts,
  receiveCosts,
  requestCosts,
  viewerCosts,
} from "../control/operation-costs.ts";
import { Stack } from "../control/stack.ts";
import { historyCosts, tableCosts } from "../control/store-costs.ts";
import type { Figure } from "../report/result.ts";
import type { Scenario } from "./scenario.ts";

const VIEWERS = 2_000;
const LIKES_PER_SECOND = 2_000;
const COMMENTS_PER_SECOND = 500;
const ROWS = 50_000;
const RECORDS = 20_000;

/** The figures, by the names of the `ovation size` settings that they measure. */
export const COST_FIGURES = {
  writeUs: "µs",
  connectUs: "µs",
  receiveUs: "µs",
  publishUs: "µs",
  requestUs: "µs",
  emitUs: "µs",
  recordUs: "µs",
  changeUs: "µs",
  natsUs: "µs",
  natsStoreUs: "µs",
  rowsPerSecond: "/s",
  storesPerSecond: "/s",
  looksPerSecond: "/s",
  rowBytes: "bytes",
} as const;

type Costs = Readonly<Record<keyof typeof COST_FIGURES, number>>;

function flag(name: string, value: number): string {
  return `${settingNames(name).flag}=${Number(value.toPrecision(2))}`;
}

export const costs: Scenario = {
  name: "costs",
  question:
    "What does each single operation cost, such as a write to a viewer's socket, a publish request, or a row of the table? One part after the other is loaded with one kind of operation, and its processor time is divided by the number of operations. The figures have the names of the `ovation size` settings that use them.",
  run: async (options, watcher) => {
    if (options.urls.length > 0)
      throw new Error("this scenario can only use stacks that it starts itself");
    const measureMs = (options.seconds ?? 4) * 1_000;
    /** @param intervalMs fixes the frame interval; when undefined, frames are sent as often as allowed */
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
          "--frame-interval-viewers=0",
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
    const viewer = await on("viewers and writes to them", 1, 50, (stack) =>
      viewerCosts(stack, viewers, measureMs),
    );
    const receive = await on("messages that gateways receive", 1, 1_000, (stack) =>
      receiveCosts(stack, measureMs),
    );
    const like = await on("likes", 1, undefined, publish("like", LIKES_PER_SECOND));
    const comment = await on("comments", 1, undefined, publish("comment", COMMENTS_PER_SECOND));
    const table = await on("rows of the table", 0, undefined, (stack) => tableCosts(stack, ROWS));
    const history = await on("the history", 0, undefined, (stack) => historyCosts(stack, RECORDS));
    const values: Costs = {
      ...viewer,
      ...receive,
      publishUs: like.gateway,
      ...request,
      recordUs: comment.dispatcher,
      ...table,
      ...history,
    };
    const names = Object.keys(COST_FIGURES) as (keyof typeof COST_FIGURES)[];
    return {
      figures: names.map((name): Figure => {
        const unit = COST_FIGURES[name];
        return { name, unit, value: values[name], better: unit === "/s" ? "higher" : "lower" };
      }),
      loads: [],
      remarks: [
        `npx ovation size ${names.map((name) => flag(name, values[name])).join(" ")}`,
        "processor time is measured in hundredths of a second, which limits the precision of the figures",
      ],
    };
  },
};

import {
  historyCosts,
  publishCosts,
  receiveCosts,
  requestCosts,
  tableCosts,
  viewerCosts,
} from "../control/act-costs.ts";
import { Stack } from "../control/stack.ts";
import type { Figure } from "../report/result.ts";
import type { Scenario } from "./scenario.ts";

export const costs: Scenario = {
  name: "costs",
  question: "",
  run: async (options, watcher) => {
    const measureMs = (options.seconds ?? 4) * 1_000;
    const on = async <T>(
      gateways: number,
      intervalMs: number | undefined,
      work: (stack: Stack) => Promise<T>,
    ): Promise<T> => {
      const interval =
        intervalMs === undefined
          ? []
          : [`--frame-interval-min-ms=${intervalMs}`, `--frame-interval-max-ms=${intervalMs}`];
      const stack = await Stack.start({
        gateways,
        dispatchers: 1,
        gatewayFlags: [...options.gatewayFlags, ...interval],
        dispatcherFlags: options.dispatcherFlags,
        onStep: () => undefined,
      });
      try {
        return await work(stack);
      } finally {
        await stack.stop();
      }
    };
    const out: unknown[] = [];
    watcher.step("requests");
    out.push(await on(0, undefined, (s) => requestCosts(s, measureMs)));
    watcher.step(JSON.stringify(out.at(-1)));
    out.push(await on(1, 50, (s) => viewerCosts(s, 2000, measureMs)));
    watcher.step(JSON.stringify(out.at(-1)));
    out.push(await on(1, 1000, (s) => receiveCosts(s, measureMs)));
    watcher.step(JSON.stringify(out.at(-1)));
    out.push(await on(1, undefined, (s) => publishCosts(s, "like", 2000, measureMs)));
    watcher.step(JSON.stringify(out.at(-1)));
    out.push(await on(1, undefined, (s) => publishCosts(s, "comment", 500, measureMs)));
    watcher.step(JSON.stringify(out.at(-1)));
    out.push(await on(0, undefined, (s) => tableCosts(s, 50_000)));
    watcher.step(JSON.stringify(out.at(-1)));
    out.push(await on(0, undefined, (s) => historyCosts(s, 20_000)));
    watcher.step(JSON.stringify(out.at(-1)));
    const figures: Figure[] = [];
    return { figures, loads: [], remarks: [] };
  },
};

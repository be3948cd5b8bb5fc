import { setTimeout as wait } from "node:timers/promises";
import { Fleet } from "../control/fleet.ts";
import type { Opened } from "../control/messages.ts";
import { percentilesOf, unpacked } from "../latency.ts";
import type { Figure } from "../report/result.ts";
import { newVideo, oneVideo, type Scenario, stackOf } from "./scenario.ts";

const GOAL_MS = 3_000;
const BETWEEN_MS = 3_000;
const AGAIN_TIMEOUT_MS = 60_000;

function faultRemarks({ faults }: Opened, when: string): string[] {
  return Object.entries(faults).map(([why, count]) => `${when}, ${count} connections: ${why}`);
}

export const connectStorm: Scenario = {
  name: "connect-storm",
  question:
    "How long does it take until everybody is subscribed when 10,000 viewers connect at once, as at the beginning of a match, and again when a gateway is killed and its half of them reconnect to the other one at once, without any wait? Each opens a TCP connection and a WebSocket, connects and subscribes.",
  run: async (options, watcher) => {
    const viewers = options.viewers ?? 10_000;
    const stack = await stackOf(options, watcher);
    const video = newVideo("storm");
    const fleet = await Fleet.start({
      system: stack,
      viewers,
      mayGather: false,
    });
    try {
      watcher.step(`${viewers} viewers connect at once`);
      const first = await fleet.open(oneVideo(video, viewers), {
        atATime: viewers,
        reconnects: true,
      });
      const times = percentilesOf(unpacked([first.subscribeTimes]));
      await wait(BETWEEN_MS);
      watcher.step("gateway-1 is killed");
      const returning = fleet.awaitMoved(0, AGAIN_TIMEOUT_MS);
      const killed = performance.now();
      await stack.kill("gateway-1");
      const again = await returning;
      const againMs = performance.now() - killed;
      const figures: Figure[] = [
        {
          name: "all subscribed after",
          unit: "ms",
          value: first.tookMs,
          better: "lower",
          goal: { relation: "≤", value: GOAL_MS },
        },
        { name: "subscribed p50", unit: "ms", value: times.p50, better: "lower" },
        { name: "subscribed p99", unit: "ms", value: times.p99, better: "lower" },
        { name: "not subscribed", unit: "", value: viewers - first.subscribed, better: "exact" },
        { name: "all back after a kill", unit: "ms", value: againMs, better: "lower" },
        { name: "not back", unit: "", value: viewers - again.subscribed, better: "exact" },
      ];
      const remarks = [
        ...faultRemarks(first, "while they connected"),
        ...faultRemarks(again, "over the whole run"),
        "the time includes what the generator takes to open its sockets, on the same cores",
      ];
      return { figures, loads: [], remarks };
    } finally {
      await fleet.stop();
      await stack.stop();
    }
  },
};

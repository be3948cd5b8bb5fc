/**
 * A program whose clock is wrong, and jumps: it watches with ten-minute tokens, made by a correct clock,
 * and prints how often it requested one and its states.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Ovation } from "../../../sdk/index.ts";
import { tokenOf, VIEWER } from "../../support/tokens.ts";

const RUN_MS = 1_600;

const rightNow = () => performance.timeOrigin + performance.now();
let skewMs = 7_200_000;
Date.now = () => rightNow() + skewMs;

const clients = (["websocket", "sse"] as const).map((transport) => {
  const seen = { calls: 0, states: [] as string[] };
  const ovation = new Ovation({
    url: process.argv[2] ?? "",
    transport,
    heartbeatMs: 1_000,
    heartbeatTimeoutMs: 30_000,
    token: async () => {
      seen.calls += 1;
      return await tokenOf({ ...VIEWER, exp: rightNow() / 1_000 + 600 });
    },
  });
  ovation.onState(({ name }) => seen.states.push(name));
  ovation.video("launch").watch();
  return { ovation, seen };
});
// The clock stays ahead long enough for an effect to show.
await wait(RUN_MS);
for (const hours of [-2, 0, 9, -200]) {
  skewMs = hours * 3_600_000;
  await wait(100);
}
for (const { ovation } of clients) ovation.close();
process.stdout.write(JSON.stringify(clients.map(({ seen }) => seen)));

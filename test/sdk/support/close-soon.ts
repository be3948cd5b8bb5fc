/**
 * A program that closes its client in the middle of something; nothing must keep it running. It prints
 * when it is ready, and continues on input.
 */
import { once } from "node:events";
import { Ovation, type OvationOptions } from "../../../sdk/index.ts";

const [what, transport, url = ""] = process.argv.slice(2);
const MINUTE_MS = 60_000;
const never = new Promise<string>(() => undefined);

const ovation = new Ovation({
  url,
  transport: transport as NonNullable<OvationOptions["transport"]>,
  connectTimeoutMs: MINUTE_MS,
  waitMs: MINUTE_MS,
  reconnectFirstMs: MINUTE_MS,
  healthyMs: MINUTE_MS,
  heartbeatMs: MINUTE_MS,
  ...(what === "token" ? { token: () => never } : {}),
});
const video = ovation.video("launch");
const states = new Set<string>();
ovation.onState(({ name }) => states.add(name));
video.watch();
if (what === "reconnecting" || what === "unanswered") {
  const name = what === "unanswered" ? "connected" : what;
  while (!states.has(name)) await new Promise((resolve) => setTimeout(resolve, 10));
}
if (what === "unanswered") await video.publish("comment", "here");
process.stdout.write("there\n");
await once(process.stdin, "data");
process.stdin.destroy();
const calls =
  what === "token" || what === "unanswered" ? [video.publish("like"), video.readHistory()] : [];
if (what === "limited") for (let n = 0; n < 200; n += 1) calls.push(video.publish("like"));
const outcomes = Promise.allSettled(calls);
// Gives the calls time to be sent.
await new Promise((resolve) => setTimeout(resolve, 50));
if (what === "limited") await Promise.any(calls);
ovation.close();
const codes = (await outcomes).map((one) => (one.status === "rejected" ? one.reason.code : "ok"));
const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
process.stdout.write(JSON.stringify({ codes: [...new Set(codes)].sort(), timers }));

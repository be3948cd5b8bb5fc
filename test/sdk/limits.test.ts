/** The client respects a gateway's limits: it slows down, and nothing is lost or closed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { metric, TestStack } from "../support/stack.ts";
import { client, connected, statesOf } from "./support/client.ts";

/** On a busy machine, seconds may pass before this process reads. */
const PATIENT = { heartbeatTimeoutMs: 60_000, connectTimeoutMs: 60_000, waitMs: 120_000 } as const;

let stack: TestStack;
let url: string;
beforeAll(async () => {
  // Five seconds' worth may arrive at once: less than the client sends without an answer.
  stack = await TestStack.start({
    gateway: { requestsPerSecond: 50, connectionPublishesPerSecond: 6, likesPerSecond: 4 },
  });
  url = `http://127.0.0.1:${stack.gateway.port}`;
});
afterAll(async () => await stack?.stop());

test("comments over the limit wait and are stored, each once, on one connection", async () => {
  const ovation = client(url, { transport: "websocket", ...PATIENT });
  const states = statesOf(ovation);
  const isLimited = async () =>
    (await metric(stack.gateway, "ovation_gateway_rate_limited_total")) > 0;
  // The rate goes on meanwhile: a busy machine may take so long for 45 that there is room for all.
  for (let count = 45; !(await isLimited()); count *= 2) {
    // On a video each: those of one video are sent one after the other.
    const published = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        ovation.video(`launch-${n}`).publish("comment", { n }),
      ),
    );
    expect(new Set(published.map(({ eventId }) => eventId)).size).toBe(count);
    for (const { seq } of published) expect(seq).toBeGreaterThan(0);
  }
  expect(states.all.filter(({ name }) => name === "reconnecting")).toEqual([]);
});

test("likes over the limit are refused with an error, if the application doesn't want to wait", async () => {
  const ovation = client(url, { transport: "websocket" });
  ovation.connect();
  await connected(ovation);
  const video = ovation.video("launch");
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, () => video.publish("like", undefined, { whenLimited: "fail" })),
  );
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThanOrEqual(80);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: "rate_limited" });
});

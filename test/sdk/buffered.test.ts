/** Behind a proxy that buffers event streams: the SDK detects it, reports it, and polls instead. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { BufferingProxy, type HeldFrom } from "./support/buffering-proxy.ts";
import { client, connected, likesArrive, listen, statesOf } from "./support/client.ts";

let stack: TestStack;
let proxy: BufferingProxy;
beforeAll(async () => {
  stack = await TestStack.start({ gateway: { lingerMs: 0, countIntervalMs: 50 } });
});
afterEach(async () => {
  await proxy.stop();
});
afterAll(async () => {
  await stack?.stop();
});

const HELD: readonly HeldFrom[] = ["head", "body", "rest"];

describe.each(HELD)("when everything is buffered from the %s on", (from) => {
  test("everything arrives once, and the connection says why it polls", async () => {
    proxy = await BufferingProxy.start(stack.gateway.port, from);
    // If the first part passes, only silence reveals it.
    const heartbeat = { heartbeatMs: 4_000, heartbeatTimeoutMs: 4_000 };
    const ovation = client(proxy.url, { transport: "sse", ...heartbeat });
    const states = statesOf(ovation);
    const video = `held-${from}`;
    await post(stack.gateway.port, video, { kind: "comment", id: "before" });
    const comments: string[] = [];
    let likes = 0;
    const counts: number[] = [];
    const handle = ovation.video(video, { history: 10 });
    handle.on("comment", ({ id }) => comments.push(id));
    handle.on("viewers", ({ data }) => counts.push(data.viewers));
    handle.onFrame(({ counts: { like = 0 } }) => {
      likes += like;
    });
    await connected(ovation);
    await states.first((state) => state.name === "connected" && state.reason !== undefined);
    expect(states.all.at(-1)).toMatchObject({ via: "sse", reason: { code: "stream_buffered" } });
    await stack.mirrored(video, 1);

    for (let round = 0; round < 3; round += 1) {
      await post(stack.gateway.port, video, [
        { kind: "comment", id: `c${round}` },
        { kind: "like" },
        { kind: "like" },
      ]);
      await expect.poll(() => [comments.length, likes]).toEqual([round + 2, 2 * round + 2]);
    }
    const { eventId } = await ovation.video(video).publish("comment");
    await expect.poll(() => comments).toEqual(["before", "c0", "c1", "c2", eventId]);
    expect(states.all.filter(({ name }) => name === "reconnecting")).toEqual([]);
    expect(new Set(counts)).toEqual(new Set([1]));
    ovation.close();
    // The poll rate is bounded, however much happens.
    expect(proxy.requests.filter((line) => line.includes("wait=")).length).toBeLessThan(40);
  });
});

test("streams that are soon cut are replaced by polls, without further reconnects", async () => {
  proxy = await BufferingProxy.start(stack.gateway.port, "never");
  const ovation = client(proxy.url, { transport: "sse" });
  const states = statesOf(ovation);
  const { events } = listen(ovation, "cut", "comment");
  await states.first((state) => state.name === "connected" && state.reason !== undefined);
  expect(states.all.at(-1)).toMatchObject({ reason: { code: "stream_buffered" } });
  expect(states.all.filter(({ name }) => name === "reconnecting")).toHaveLength(3);
  for (const id of ["c1", "c2"]) {
    await post(stack.gateway.port, "cut", { kind: "comment", id });
    await events.first((event) => event.id === id);
  }
  expect(states.all.filter(({ name }) => name === "reconnecting")).toHaveLength(3);
});

test("more videos can be watched than a browser has connections", async () => {
  proxy = await BufferingProxy.start(stack.gateway.port, "head");
  const ovation = client(proxy.url, { transport: "sse" });
  const listeners = Array.from({ length: 8 }, (_, index) => listen(ovation, `many-${index}`));
  for (const { joined } of listeners) await joined();
  for (const [index, { events }] of listeners.entries()) {
    await likesArrive(ovation, `many-${index}`, events);
  }
});

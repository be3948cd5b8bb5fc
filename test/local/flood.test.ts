/** What a viewer can rely on in a flood of events: exact counts, bounded frames. */

import { expect, test } from "vitest";
import { metric } from "../support/stack.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TEST_WIRES, TestSocket, watch } from "../support/viewer.ts";

const stack = useTestStack({
  gateway: {
    frameEvents: 20,
    frameIntervalMinMs: 50,
    frameIntervalViewers: 0,
    viewerBufferBytes: 65_536,
  },
});

test("a frame holds a limited number of events, and the counts by kind stay exact", async () => {
  const viewers = await Promise.all(
    TEST_WIRES.map((wire) => watch(wire, stack().gateway.port, "flood")),
  );
  await stack().mirrored("flood", 3);
  const batch = Array.from({ length: 1_000 }, () => ({ kind: "like" }));
  await Promise.all(Array.from({ length: 10 }, () => post(stack().gateway.port, "flood", batch)));
  for (const viewer of viewers) {
    await viewer.until(() => viewer.total("flood", "like") >= 10_000);
    expect(viewer.total("flood", "like")).toBe(10_000);
    for (const message of viewer.messages) {
      if (message.op === "events") expect(message.events.length).toBeLessThanOrEqual(21);
    }
    const ids = viewer.of("flood", "like").map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(0);
  }
  expect(await metric(stack().gateway, "ovation_gateway_events_sampled_total")).toBeGreaterThan(0);
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

test("a flood of likes displaces no comment", async () => {
  const viewer = await watch("msgpack", stack().gateway.port, "mixed");
  await stack().mirrored("mixed", 1);
  const batch = Array.from({ length: 900 }, (_, n) => ({ kind: n % 9 === 0 ? "comment" : "like" }));
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => post(stack().gateway.port, "mixed", batch)),
  );
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  await viewer.until(() => viewer.total("mixed", "like") >= 4_000);
  await viewer.until(() => viewer.of("mixed", "comment").length >= 500);
  expect(viewer.of("mixed", "comment")).toHaveLength(500);
  expect(viewer.total("mixed", "comment")).toBe(500);
  expect(viewer.total("mixed", "like")).toBe(4_000);
  await viewer.close();
});

test.each(TEST_WIRES)(
  "a viewer that stops reading (%s) misses frames, delays nobody, and gets exact counts when it reads again",
  async (wire) => {
    const video = `slow-${wire}`;
    const slow = await watch(wire, stack().gateway.port, video);
    const quick = await watch("msgpack", stack().gateway.port, video);
    await stack().mirrored(video, 2);
    const before = await metric(stack().gateway, "ovation_gateway_events_dropped_total");
    const source = slow instanceof TestSocket ? slow.socket : slow.response;
    source.pause();
    const text = "x".repeat(2_000);
    let published = 0;
    const dropped = async () =>
      (await metric(stack().gateway, "ovation_gateway_events_dropped_total")) > before;
    // Until the kernel's buffers are full too.
    for (let round = 0; round < 1_000 && !(await dropped()); round += 1) {
      const batch = Array.from({ length: 100 }, () => ({ kind: "like", data: { text } }));
      published += 100;
      await post(stack().gateway.port, video, batch);
      await quick.until(() => quick.total(video, "like") >= published);
    }
    expect(await dropped()).toBe(true);
    expect(slow.total(video, "like")).toBeLessThan(published);
    source.resume();
    await slow.until(() => slow.total(video, "like") >= published);
    await post(stack().gateway.port, video, { kind: "comment", id: `end-${wire}` });
    await slow.until(() => slow.of(video, "comment").length === 1);
    expect(slow.total(video, "like")).toBe(published);
    expect(quick.total(video, "like")).toBe(published);
    await Promise.all([slow.close(), quick.close()]);
  },
);

/** A video that is liked so fast that dispatchers collect its likes: counts stay exact. */
import { expect, test } from "vitest";
import { TEST_KINDS } from "../support/kinds.ts";
import { metric } from "../support/stack.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TEST_WIRES, TestSocket, watch } from "../support/viewer.ts";

const kinds = [
  ...TEST_KINDS,
  { name: "react", deliveryClass: "transient", variants: "any" },
] as const;
const stack = useTestStack({
  gateways: 2,
  dispatchers: 2,
  gateway: { kinds, frameEvents: 50 },
  dispatcher: { kinds, fanoutWindowMs: 20 },
});

/** Viewers over all wires, at both gateways. */
async function watchEverywhere(video: string) {
  const all = stack().gateways.flatMap(({ port }) =>
    TEST_WIRES.map((wire) => watch(wire, port, video)),
  );
  const viewers = await Promise.all(all);
  await stack().mirrored(video, viewers.length);
  return viewers;
}

test("all viewers count the same, by kind and variant, and what is published again only once", async () => {
  const viewers = await watchEverywhere("flood");
  const lists = Array.from({ length: 12 }, (_, list) =>
    Array.from({ length: 250 }, (_event, number) =>
      number % 2 === 0
        ? { kind: "like", id: `like-${list}-${number}` }
        : { kind: "react", data: { variant: number % 5 === 0 ? "fire" : "heart" } },
    ),
  );
  const likesOf = (list: (typeof lists)[number]) => list.filter(({ kind }) => kind === "like");
  await Promise.all(
    lists.map(async (list, index) => {
      const { port } = stack().gatewayAt(index);
      expect(await post(port, "flood", list)).toMatchObject({ status: 200 });
      // As if the answer was lost, at the other gateway.
      await post(stack().gatewayAt(index + 1).port, "flood", likesOf(list));
    }),
  );
  await post(stack().gateway.port, "flood", { kind: "comment", data: { text: "the end" } });
  for (const viewer of viewers) {
    await viewer.until(() => viewer.total("flood", "react") >= 1_500);
    await viewer.until(() => viewer.of("flood", "comment").length === 1);
    const count = (name: string) => viewer.total("flood", name);
    expect([count("like"), count("react")]).toEqual([1_500, 1_500]);
    expect(viewer.of("flood", "like").length).toBeGreaterThan(0);
  }
  const counted = "ovation_dispatcher_counted_events_total";
  const sums = await Promise.all(stack().dispatchers.map((one) => metric(one, counted)));
  expect(Math.max(...sums)).toBeGreaterThan(0);
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

test("comments among a flood of likes come once and in order, to everyone", async () => {
  const viewers = await watchEverywhere("mixed");
  const publisher = await TestSocket.connect(stack().gateway.port);
  const likes = Array.from({ length: 150 }, () => ({ kind: "like" }));
  let isOver = false;
  const flood = stack().gateways.map(async ({ port }) => {
    let published = 0;
    for (; !isOver; published += likes.length) await post(port, "mixed", likes);
    return published;
  });
  for (let number = 0; number < 20; number += 1) {
    const comment = { video: "mixed", kind: "comment", data: { text: `${number}` } };
    expect(await publisher.ask("publish", comment)).toMatchObject({ op: "result" });
  }
  isOver = true;
  const published = (await Promise.all(flood)).reduce((sum, count) => sum + count, 0);
  const expected = Array.from({ length: 20 }, (_, number) => ({ text: `${number}` }));
  for (const viewer of viewers) {
    await viewer.until(() => viewer.of("mixed", "comment").length >= 20);
    await viewer.until(() => viewer.total("mixed", "like") >= published);
    expect(viewer.of("mixed", "comment").map(({ data }) => data)).toEqual(expected);
    expect(viewer.total("mixed", "like")).toBe(published);
  }
  await Promise.all([...viewers, publisher].map((viewer) => viewer.close()));
});

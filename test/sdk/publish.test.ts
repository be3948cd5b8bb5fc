/** The outcome of events that the SDK publishes, whatever happens on the way. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { watch } from "../support/viewer.ts";
import { client, connected, listen, statesOf } from "./support/client.ts";
import { Network } from "./support/network.ts";

let stack: TestStack;
let network: Network;

beforeEach(async () => {
  stack = await TestStack.start({ gateways: 2, gateway: { lingerMs: 0 } });
  network = await Network.start(stack.gatewayAt(0).port);
});
afterEach(async () => {
  await network.stop();
  await stack.stop();
});

/** Every transport of a client. */
const TRANSPORTS = ["websocket", "sse"] as const;

describe.each(TRANSPORTS)("an event published over %s", (transport) => {
  test("reaches viewers, with its data as JSON encodes it", async () => {
    const ovation = client(network.url, { transport });
    const { events: heard, joined } = listen(ovation, "launch", "comment");
    await joined();
    const data = { text: "né 🎉", when: new Date(0), nothing: undefined, list: [1.5, null] };
    const { eventId } = await ovation.video("launch").publish("comment", data);
    data.text = "changed after";
    expect(await heard.first(() => true)).toMatchObject({
      id: eventId,
      data: { text: "né 🎉", when: "1970-01-01T00:00:00.000Z", list: [1.5, null] },
    });
  });

  test.each([
    ["boo", undefined, { code: "kind_unknown", field: "kind", video: "launch" }],
    ["viewers", { viewers: 1 }, { code: "kind_reserved" }],
    ["comment", "x".repeat(5_000), { code: "data_too_large", field: "data", limit: 4_096 }],
    ["comment", { text: ["a\ud800"] }, { code: "data_invalid", field: "data.text[0]" }],
    ["comment", 1n, { code: "data_invalid", field: "data" }],
  ])("of kind %s can be refused, and is not retried", async (kind, data, error) => {
    const ovation = client(network.url, { transport });
    const published = ovation.video("launch").publish(kind, data as never);
    await expect(published).rejects.toMatchObject(error);
  });

  test("waits its turn among very many", async () => {
    const ovation = client(network.url, { transport });
    const viewer = await watch("json", stack.gatewayAt(1).port, "launch");
    await stack.mirrored("launch", 1);
    const video = ovation.video("launch");
    const published = await Promise.all(Array.from({ length: 400 }, () => video.publish("like")));
    const ids = new Set(published.map(({ eventId }) => eventId));
    expect(ids.size).toBe(400);
    await viewer.until(() => viewer.total("launch", "like") === 400);
  });

  test("is retried while there is no dispatcher", async () => {
    await stack.dispatchers[0]?.drain();
    const ovation = client(network.url, { transport });
    const viewer = await watch("json", stack.gatewayAt(1).port, "launch");
    const published = ovation.video("launch").publish("comment", "here");
    await connected(ovation);
    await stack.addDispatcher();
    const { eventId } = await published;
    await viewer.until(() => viewer.of("launch", "comment").some(({ id }) => id === eventId));
  });

  test("counts once if its answer was lost and it was sent again", async () => {
    const ovation = client(network.url, { transport });
    const viewer = await watch("json", stack.gatewayAt(1).port, "launch");
    ovation.video("other").watch();
    await stack.mirrored("launch", 1);
    await stack.mirrored("other", 1);
    network.answersNothing = true;
    const published = ovation.video("launch").publish("comment", "here");
    // It has arrived, but its publisher doesn't know.
    await viewer.until(() => viewer.of("launch", "comment").length === 1);
    network.answersNothing = false;
    network.cut();
    const { eventId } = await published;
    await ovation.video("launch").publish("comment", "after it");
    await viewer.until(() =>
      viewer.of("launch", "comment").some(({ data }) => data === "after it"),
    );
    expect(viewer.of("launch", "comment").map(({ id }) => id)[0]).toBe(eventId);
    expect(viewer.of("launch", "comment")).toHaveLength(2);
  });
});

describe("an event published without a connection", () => {
  test("waits for one", async () => {
    network.isDown = true;
    const ovation = client(network.url);
    const viewer = await watch("json", stack.gatewayAt(1).port, "launch");
    await stack.mirrored("launch", 1);
    const published = ["one", "two", "three"].map((text) =>
      ovation.video("launch").publish("comment", text),
    );
    await statesOf(ovation).first(({ name }) => name === "reconnecting");
    network.isDown = false;
    await Promise.all(published);
    await viewer.until(() => viewer.of("launch", "comment").length === 3);
  });

  test("waits no longer than allowed", async () => {
    network.isDown = true;
    const video = client(network.url).video("launch");
    const published = video.publish("like", undefined, { waitMs: 100 });
    await expect(published).rejects.toMatchObject({ code: "not_connected", video: "launch" });
  });

  test("fails at once, if requested", async () => {
    network.isDown = true;
    const ovation = client(network.url, { whileAway: "fail" });
    await expect(ovation.video("launch").publish("like")).rejects.toMatchObject({
      code: "not_connected",
    });
    network.isDown = false;
    await connected(ovation);
    await ovation.video("launch").publish("like");
  });

  test("is refused if too many wait", async () => {
    network.isDown = true;
    const video = client(network.url, { queueLimit: 2, waitMs: 100 }).video("launch");
    const published = [1, 2, 3].map(() => video.publish("like"));
    await expect(published[2]).rejects.toMatchObject({ code: "queue_full" });
    const others = await Promise.allSettled(published.slice(0, 2));
    expect(others.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("is refused when the client is closed", async () => {
    network.isDown = true;
    const ovation = client(network.url);
    const waiting = ovation.video("launch").publish("like");
    ovation.close();
    await expect(waiting).rejects.toMatchObject({ code: "closed" });
    await expect(ovation.video("launch").publish("like")).rejects.toMatchObject({ code: "closed" });
  });
});

test("an event of unknown outcome gets `timeout`, not a refusal", async () => {
  const ovation = client(network.url, { waitMs: 300 });
  ovation.connect();
  await connected(ovation);
  network.answersNothing = true;
  await expect(ovation.video("launch").publish("like")).rejects.toMatchObject({ code: "timeout" });
});

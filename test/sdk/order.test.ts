/** The order in which the SDK's publishes are stored, and that their publisher sees them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stored } from "../support/guarantee-stack.ts";
import { rounds } from "../support/rounds.ts";
import { TestStack } from "../support/stack.ts";
import { watch } from "../support/viewer.ts";
import { client, connected, statesOf } from "./support/client.ts";
import { Network } from "./support/network.ts";

const ROUNDS = rounds(10);
const KINDS = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", schema: {} },
  { name: "note", deliveryClass: "durable" },
  { name: "wave", deliveryClass: "transient" },
  { name: "score", deliveryClass: "latest" },
] as const;
const NUMBERS = Array.from({ length: 10 }, (_, index) => index);
const TRANSPORTS = ["websocket", "sse"] as const;

let stack: TestStack;
let network: Network;

beforeEach(async () => {
  stack = await TestStack.start({
    gateways: 2,
    dispatchers: 2,
    gateway: { newVideosPerSecond: 10_000, kinds: KINDS },
    dispatcher: { kinds: KINDS },
  });
  network = await Network.start(stack.gatewayAt(0).port);
});
afterEach(async () => {
  await network.stop();
  await stack.stop();
});

describe.each(TRANSPORTS)("over %s", (transport) => {
  test("comments that are not awaited are stored in call order", async () => {
    const ovation = client(network.url, { transport });
    for (let round = 1; round <= ROUNDS; round += 1) {
      const video = ovation.video(`round-${round}`);
      const published = await Promise.all(
        NUMBERS.flatMap((n) => [
          video.publish(n % 3 === 1 ? "note" : "comment", n),
          video.publish("wave"),
        ]),
      );
      const ids = published.filter(({ seq }) => seq !== undefined).map(({ eventId }) => eventId);
      expect(await stored(stack.gatewayAt(1), video.id)).toEqual(ids);
    }
  });

  test("the last published latest event is the one that viewers end up with", async () => {
    const viewer = await watch("json", stack.gatewayAt(1).port, "launch");
    await stack.mirrored("launch", 1);
    const video = client(network.url, { transport }).video("launch");
    const published = await Promise.all(
      Array.from({ length: 100 }, (_, n) => video.publish("score", n)),
    );
    const last = published.at(-1)?.eventId;
    await viewer.until(() => viewer.of("launch", "score").some(({ id }) => id === last));
    expect(viewer.of("launch", "score").at(-1)?.id).toBe(last);
  });

  test("a listener gets an event published in the same turn", async () => {
    const ovation = client(network.url, { transport });
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const kind of ["comment", "like", "score"]) {
        const video = ovation.video(`${kind}-${round}`);
        const seen = new Promise<string>((resolve) => {
          const off = video.on(kind, ({ id }) => {
            off();
            resolve(id);
          });
        });
        const { eventId } = await video.publish(kind);
        expect(await seen).toBe(eventId);
      }
    }
  });

  test("comments keep their order through lost connections", async () => {
    const ovation = client(network.url, { transport });
    ovation.connect();
    await connected(ovation);
    const viewer = await watch("json", stack.gatewayAt(1).port, "launch");
    const video = ovation.video("launch");
    network.answersNothing = true;
    const published = NUMBERS.map((n) => video.publish("comment", n));
    // The first has arrived, but its publisher doesn't know.
    await viewer.until(() => viewer.of("launch", "comment").length >= 1);
    network.answersNothing = false;
    network.cut();
    const ids = (await Promise.all(published)).map(({ eventId }) => eventId);
    expect(await stored(stack.gatewayAt(1), "launch")).toEqual(ids);
  });

  test("comments that wait for a connection are stored in call order", async () => {
    network.isDown = true;
    const ovation = client(network.url, { transport });
    const video = ovation.video("launch");
    const published = NUMBERS.map((n) => video.publish("comment", n));
    await statesOf(ovation).first(({ name }) => name === "reconnecting");
    network.isDown = false;
    const ids = (await Promise.all(published)).map(({ eventId }) => eventId);
    expect(await stored(stack.gatewayAt(1), "launch")).toEqual(ids);
  });

  test("a rate-limited comment is not overtaken by later ones", async () => {
    const slow = await stack.addGateway({
      connectionPublishesPerSecond: 4,
      httpPublishesPerSecond: 4,
    });
    const ovation = client(`http://127.0.0.1:${slow.port}`, { transport });
    const video = ovation.video("launch");
    // Twenty are accepted at once.
    const published = Array.from({ length: 26 }, (_, n) => video.publish("comment", n));
    const ids = (await Promise.all(published)).map(({ eventId }) => eventId);
    expect(await stored(stack.gatewayAt(1), "launch")).toEqual(ids);
  });

  test("comments wait in order while there is no dispatcher", async () => {
    for (const dispatcher of stack.dispatchers.splice(0)) await dispatcher.stop();
    const ovation = client(network.url, { transport });
    const video = ovation.video("launch");
    const published = NUMBERS.map((n) => video.publish("comment", n));
    await connected(ovation);
    await stack.addDispatcher();
    await stack.addDispatcher();
    const ids = (await Promise.all(published)).map(({ eventId }) => eventId);
    expect(await stored(stack.gatewayAt(1), "launch")).toEqual(ids);
  });
});

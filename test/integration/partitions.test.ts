/** Which partition a video belongs to: NATS and Ovation come to the same number. */
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_PARTITIONS, partitionOf } from "../../shared/protocol/partitions.ts";
import { commandSubject, NO_VIDEO, publishSubject } from "../../shared/protocol/subjects.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { connectTo } from "../support/nats-users.ts";

const NAMES = 2_000;
const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

let nats: TestNats;
let publisher: NatsConnection;
let dispatcher: NatsConnection;

beforeAll(async () => {
  nats = await startTestNats();
  [publisher, dispatcher] = await Promise.all([
    connectTo(nats.url, "publisher"),
    connectTo(nats.url, "dispatcher"),
  ]);
});
afterAll(async () => {
  await Promise.all([publisher?.close(), dispatcher?.close()]);
  await nats?.stop();
});

function randomName(): string {
  const length = 1 + Math.floor(Math.random() * 128);
  const character = () => CHARACTERS[Math.floor(Math.random() * CHARACTERS.length)];
  return Array.from({ length }, character).join("");
}

test("NATS sends a service's request about any video to the partition that Ovation computes", async () => {
  const names = Array.from({ length: NAMES }, randomName);
  const subjects: string[] = [];
  const subscriptions = ["ov.publish.*.*", "ov.command.*.*"].map((subject) =>
    dispatcher.subscribe(subject, {
      queue: "dispatchers",
      callback: (_error, message) => void subjects.push(message.subject),
    }),
  );
  await dispatcher.flush();
  for (const name of names) publisher.publish(publishSubject(name), "{}");
  publisher.publish(commandSubject(NO_VIDEO), "{}");
  await publisher.flush();
  await expect.poll(() => subjects.length).toBe(NAMES + 1);
  for (const subscription of subscriptions) subscription.unsubscribe();
  const partition = (name: string) => partitionOf(name, DEFAULT_PARTITIONS);
  expect(subjects).toEqual([
    ...names.map((name) => `ov.publish.${partition(name)}.${name}`),
    `ov.command.${partition(NO_VIDEO)}.${NO_VIDEO}`,
  ]);
});

test("a service's request is answered from its partition", async () => {
  const subscription = dispatcher.subscribe("ov.publish.*.*", {
    queue: "dispatchers",
    callback: (_error, message) => void message.respond("done"),
  });
  await dispatcher.flush();
  const answer = await publisher.request(publishSubject("launch"), "{}", { timeout: 20_000 });
  expect(answer.string()).toBe("done");
  subscription.unsubscribe();
});

/** With a gateway's login, no answer that NATS sends for it erases or forges anything: the core of ../nats-replies.test.ts. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectTo } from "../../support/nats-users.ts";
import { NatsAttack, requestsOf } from "../support/nats-attack.ts";

let attack: NatsAttack;
beforeAll(async () => {
  attack = await NatsAttack.start();
});
afterAll(async () => await attack?.stop());

test.each([
  "$JS.API.STREAM.PURGE.ov_history",
  "$JS.API.STREAM.DELETE.ov_history",
  "ov.history.victim",
  "_INBOX.publisher.victim",
])("a gateway's login does nothing by the reply subject %s", async (reply) => {
  const attacker = await connectTo(attack.nats.url, "gateway");
  const before = await attack.stored();
  for (const { subject, body } of requestsOf("gateway")) {
    attacker.publish(subject, body, { reply });
  }
  await attack.settled(attacker);
  expect(await attack.stored()).toEqual(before);
  expect(attack.takeForged("gateway")).toEqual([]);
  await attacker.close();
});

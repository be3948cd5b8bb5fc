/**
 * NATS doesn't check where an answer goes, nor where a consumer, a mirror or a republishing stream
 * sends. So with any login, by any right that it has: nothing of others changes.
 */
import { headers } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serverWarning } from "../../shared/bus/store-check.ts";
import { eventually } from "../support/eventually.ts";
import { covers, NATS_ROLES, rightsOf } from "../support/nats-rights.ts";
import { connectTo } from "../support/nats-users.ts";
import {
  DANGEROUS_REPLIES,
  evilStream,
  NatsAttack,
  requestsOf,
  rollup,
  STREAMS,
} from "./support/nats-attack.ts";

/** No subject that anybody could listen to. */
const WILDCARDS = ["*", ">", "a.*", "$JS.API.>", "$KV.>", "_R_.>", "ov.history.*", "ov.frontend.>"];

let attack: NatsAttack;
beforeAll(async () => {
  attack = await NatsAttack.start();
});
afterAll(async () => await attack?.stop());

test("inside the store's own account, an answer does purge a stream: so the attacks can be seen", async () => {
  const { manager, admin } = attack;
  await manager.streams.add({ name: "scratch", subjects: ["scratch"], allow_direct: true });
  await admin.request("scratch", "{}");
  admin.publish("$JS.API.DIRECT.GET.scratch.scratch", "", {
    reply: "$JS.API.STREAM.PURGE.scratch",
  });
  await eventually(async () => (await manager.streams.info("scratch")).state.messages === 0);
  await manager.streams.delete("scratch");
});

describe.each(NATS_ROLES)("with the login of a %s", (role) => {
  test("no answer to any of its requests changes, erases or forges anything", async () => {
    const attacker = await connectTo(attack.nats.url, role);
    const before = await attack.stored();
    attack.takeForged(role);
    const { publish } = rightsOf(role);
    const replies = DANGEROUS_REPLIES.filter(
      (reply) => !publish.some((right) => covers(right, reply)),
    );
    const requests = requestsOf(role);
    expect(requests.length).toBeGreaterThan(0);
    for (const { subject, body } of requests) {
      for (const reply of replies) attacker.publish(subject, body, { reply });
      await attack.settled(attacker);
      expect([subject, await attack.stored()]).toEqual([subject, before]);
      expect([subject, attack.takeForged(role)]).toEqual([subject, []]);
    }
    await attacker.close();
  });

  test("no reply subject with a wildcard ends the server, or changes anything", async ({
    skip,
  }) => {
    skip(serverWarning(attack.nats.version) !== undefined, "docs/security.md says so");
    const attacker = await connectTo(attack.nats.url, role);
    const before = await attack.stored();
    for (const { subject, body } of requestsOf(role)) {
      for (const reply of WILDCARDS) attacker.publish(subject, body, { reply });
      for (const wildcard of ["*", ">"]) {
        attacker.publish(subject, body, { reply: `_INBOX.${role}.${wildcard}` });
      }
    }
    await attack.settled(attacker);
    expect(await attack.stored()).toEqual(before);
    await attacker.close();
  });

  test("no consumer, mirror, source, republishing or rollup does", async () => {
    const attacker = await connectTo(attack.nats.url, role);
    const before = await attack.stored();
    attack.takeForged(role);
    for (const stream of [...STREAMS, "evil"]) {
      attacker.publish(`$JS.API.STREAM.CREATE.${stream}`, evilStream(stream));
      attacker.publish(`$JS.API.STREAM.UPDATE.${stream}`, evilStream(stream));
      for (const deliver_subject of DANGEROUS_REPLIES) {
        const config = { name: "c", deliver_subject, ack_policy: "none", idle_heartbeat: 1e8 };
        const body = JSON.stringify({ stream_name: stream, config });
        for (const create of [`${stream}.c`, `${stream}.c.>`, stream, `DURABLE.${stream}.c`])
          attacker.publish(`$JS.API.CONSUMER.CREATE.${create}`, body);
        attacker.publish(`$JS.API.CONSUMER.DURABLE.CREATE.${stream}.c`, body);
      }
    }
    for (const { subject } of requestsOf(role)) {
      if (subject.startsWith("$KV.") || subject.startsWith("ov.history."))
        attacker.publish(subject, "{}", { headers: rollup() });
      const forged = headers();
      forged.set("Nats-Request-Info", '{"acc":"STORE"}');
      if (subject.startsWith("$JS.API.STREAM.INFO."))
        attacker.publish(subject, "", { headers: forged, reply: "ov.history.victim" });
    }
    await attack.settled(attacker);
    expect(await attack.stored()).toEqual(before);
    expect(attack.takeForged(role)).toEqual([]);
    await attacker.close();
  });
});

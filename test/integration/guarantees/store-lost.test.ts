/** The guarantees when NATS comes back with an empty store. */
import { expect } from "vitest";
import {
  audienceOf,
  commentsFlow,
  expectCountRecovers,
  likesFlow,
} from "../../support/failing-nats.ts";
import { names, stored, untilCount, untilReset, useStack } from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { sdkPublisher } from "../../support/ordered-publisher.ts";
import { watch } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, dispatchers: 2 });

guarantee("NATS loses its store", "like", async () => {
  const viewers = await audienceOf(stack(), "likes");
  await stack().nats.restart({ wipe: true });
  await stack().ready();
  await likesFlow(stack(), "likes", viewers, names("after", 5));
});

guarantee("NATS loses its store", "comment", async () => {
  const viewers = await audienceOf(stack(), "comments");
  const seqs = await commentsFlow(stack(), "comments", viewers, names("before", 5));
  const known = viewers.map((viewer) => String(viewer.subscription["epoch"]));
  await stack().nats.restart({ wipe: true });
  await stack().ready();
  for (const [index, viewer] of viewers.entries()) {
    const reset = await untilReset(viewer);
    expect(reset).toMatchObject({ video: "comments", epoch: expect.any(String) });
    expect(reset["epoch"]).not.toBe(known[index]);
  }
  const after = names("after", 5);
  const newSeqs = await commentsFlow(stack(), "comments", viewers, after);
  expect(Math.min(...newSeqs)).toBeGreaterThan(Math.max(...seqs));
  expect(await stored(stack().gateway, "comments")).toEqual(after);
  const past = { after: seqs[2] ?? 0, epoch: String(known[0]) };
  const back = await watch("json", stack().gatewayAt(1).port, "comments", past);
  expect(back.subscription).toMatchObject({ recovered: false, oldest: newSeqs[0] });
});

guarantee("NATS loses its store", "viewers", async () => {
  const viewers = await audienceOf(stack(), "numbers");
  await untilCount(viewers, "numbers", 2);
  await stack().nats.restart({ wipe: true });
  await stack().ready();
  await expectCountRecovers(stack(), "numbers", viewers);
});

guarantee("NATS loses its store", "order", async () => {
  const sdk = await sdkPublisher([stack().gateway.port], "sdk-order");
  sdk.publish(20);
  await sdk.accepted(20);
  await stack().nats.restart({ wipe: true });
  sdk.publish(30);
  const called = await sdk.end();
  expect(await stored(stack().gatewayAt(1), "sdk-order")).toEqual(called.slice(20));
});

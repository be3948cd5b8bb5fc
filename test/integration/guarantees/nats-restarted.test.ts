/** What can be relied on when NATS is restarted with its store. */
import { expect } from "vitest";
import { expectUnbroken } from "../../support/chain.ts";
import {
  audienceOf,
  commentsFlow,
  insisted,
  likesFlow,
  numberIsRight,
} from "../../support/failing-nats.ts";
import {
  allTold,
  idsOf,
  names,
  publish,
  stored,
  untilShown,
  useStack,
} from "../../support/guarantee-stack.ts";
import { guarantee } from "../../support/guarantees.ts";
import { post } from "../../support/viewer.ts";

const stack = useStack({ gateways: 2, dispatchers: 2 });

guarantee("NATS is restarted", "like", async () => {
  const viewers = await audienceOf(stack(), "likes");
  await likesFlow(stack(), "likes", viewers, names("before", 5));
  await stack().nats.kill9();
  const refused = await post(stack().gateway.port, "likes", { kind: "like", id: "meanwhile" });
  expect(refused.status).not.toBe(200);
  expect(["unavailable", "timeout"]).toContain((refused.body["error"] as { code: string }).code);
  await stack().nats.restart();
  const { codes } = await insisted(stack(), "likes", "like", "meanwhile");
  expect(codes.filter((code) => code !== "unavailable" && code !== "timeout")).toEqual([]);
  await stack().ready();
  await likesFlow(stack(), "likes", viewers, names("after", 5));
});

guarantee("NATS is restarted", "comment", async () => {
  const viewers = await audienceOf(stack(), "comments");
  const before = names("before", 10);
  const places = await publish(stack().gateway, "comments", "comment", before);
  for (const viewer of viewers) await untilShown(viewer, "comments", "comment", "before-10");
  await stack().nats.kill9();
  const { status } = await post(stack().gateway.port, "comments", {
    kind: "comment",
    id: "meanwhile",
  });
  expect(status).not.toBe(200);
  await stack().nats.restart();
  // Asked for until it is taken, by an id that makes that safe.
  const { seq } = await insisted(stack(), "comments", "comment", "meanwhile");
  const again = await insisted(stack(), "comments", "comment", "meanwhile");
  expect(again.seq).toBe(seq);
  await stack().ready();
  const after = names("after", 5);
  places.push(Number(seq), ...(await commentsFlow(stack(), "comments", viewers, after)));
  const all = [...before, "meanwhile", ...after];
  for (const viewer of viewers) {
    const comments = viewer.of("comments", "comment");
    expect(idsOf(comments)).toEqual(all);
    expect(comments.map((comment) => comment.seq)).toEqual(places);
    expectUnbroken(comments);
    expect(viewer.messages.filter(({ op }) => op === "reset")).toEqual([]);
  }
  expect(await stored(stack().gateway, "comments")).toEqual(all);
});

guarantee("NATS is restarted", "viewers", async () => {
  const viewers = await audienceOf(stack(), "numbers");
  await allTold(viewers, "numbers", 2);
  await stack().nats.restart();
  await stack().ready();
  await numberIsRight(stack(), "numbers", viewers);
});

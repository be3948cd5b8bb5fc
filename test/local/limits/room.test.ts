/** A gateway's limits of videos and of request bodies that are still arriving. */
import { afterEach, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { postBytes, RawSocket } from "../../support/raw.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { TestEventStream, TestSocket } from "../../support/viewer.ts";

let stack: TestStack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

test("a video beyond the limit is refused while all others are watched, and replaces one that is not", async () => {
  stack = await TestStack.start({ gateway: { videosLimit: 2, lingerMs: 600_000 } });
  const { gateway } = stack;
  const viewer = await TestSocket.connect(gateway.port);
  for (const video of ["one", "two"]) {
    expect(await viewer.ask("subscribe", { video })).toMatchObject({ op: "result" });
  }
  const refused = { op: "error", code: "videos_exceeded", limit: 2 };
  expect(await viewer.ask("subscribe", { video: "three" })).toMatchObject(refused);
  const stream = await TestEventStream.open(gateway.port, "three");
  expect(stream.messages).toMatchObject([refused]);
  await stream.until(() => stream.isEnded);
  // Videos that are held have room for more viewers.
  const other = await TestEventStream.open(gateway.port, "one");
  expect(other.messages[0]).toMatchObject({ op: "result" });

  await viewer.ask("unsubscribe", { video: "two" });
  expect(await viewer.ask("subscribe", { video: "three" })).toMatchObject({ op: "result" });
  await stack.mirrored("two", 0);
  await stack.mirrored("three", 1);
  expect(await metric(gateway, "ovation_gateway_videos")).toBe(2);
  expect(await metric(gateway, "ovation_gateway_videos_forgotten_total")).toBe(1);
  expect(await metric(gateway, "ovation_gateway_videos_refused_total")).toBe(2);
  other.close();
  await viewer.close();
});

test("one client leaves filters of a video for others", async () => {
  stack = await TestStack.start({ gateway: { clientSharePercent: 25 } });
  const { port } = stack.gateway;
  const kinds = ["like", "comment", "pinned", "rules"];
  // An address without an actor may bring twice a quarter of 16.
  const filters = Array.from({ length: 9 }, (_, bits) =>
    kinds.filter((__, index) => ((bits + 1) >> index) & 1),
  );
  const sockets = await Promise.all(filters.map(() => TestSocket.connect(port)));
  const answers: unknown[] = [];
  for (const [index, socket] of sockets.entries()) {
    answers.push(await socket.ask("subscribe", { video: "one", kinds: filters[index] }));
  }
  expect(answers).toMatchObject([
    ...Array.from({ length: 8 }, () => ({ op: "result" })),
    { op: "error", code: "filters_exceeded", field: "kinds", limit: 8 },
  ]);
  await Promise.all(sockets.map(async (socket) => await socket.close()));
});

test("new videos are accepted at a rate, after an initial burst of the limit of videos", async () => {
  const limits = { videosLimit: 3, newVideosPerSecond: 1, lingerMs: 600_000 };
  stack = await TestStack.start({ gateway: limits });
  const viewer = await TestSocket.connect(stack.gateway.port);
  // The rate goes on meanwhile: on a busy machine, a few more than the burst may be accepted.
  const since = performance.now();
  const accepted: string[] = [];
  let answer = await viewer.ask("subscribe", { video: "v0" });
  while (answer.op === "result") {
    const video = `v${accepted.length}`;
    accepted.push(video);
    await viewer.ask("unsubscribe", { video });
    answer = await viewer.ask("subscribe", { video: `v${accepted.length}` });
  }
  const seconds = (performance.now() - since) / 1_000;
  expect(answer).toMatchObject({ code: "videos_exceeded", limit: 1 });
  expect(accepted.length).toBeGreaterThanOrEqual(3);
  expect(accepted.length).toBeLessThanOrEqual(3 + seconds);
  // One that is held is not new.
  expect(await viewer.ask("subscribe", { video: accepted.at(-1) })).toMatchObject({ op: "result" });
  await viewer.close();
});

test("slow bodies share one budget, and a request that finds no room is told to retry", async () => {
  stack = await TestStack.start({ gateway: { bodiesLimitBytes: 100_000 } });
  const { gateway } = stack;
  const held = () => metric(gateway, "ovation_gateway_body_bytes");
  const slow = await RawSocket.open(gateway.port);
  slow.write(
    "POST /v1/videos/room/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
      `Content-Length: 90000\r\n\r\n${"[".repeat(80_000)}`,
  );
  await eventually(async () => (await held()) === 80_000);
  const large = `{"kind":"like","data":"${"x".repeat(40_000)}"}`;
  const answer = await postBytes(gateway.port, "room", large);
  expect(answer.status).toBe(503);
  expect(answer.error).toMatchObject({ code: "overloaded" });
  expect((await postBytes(gateway.port, "room", '{"kind":"like"}')).status).toBe(200);
  slow.destroy();
  await eventually(async () => (await held()) === 0);
  expect((await postBytes(gateway.port, "room", large)).status).not.toBe(503);
});

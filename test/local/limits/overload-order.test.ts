/** A gateway with less CPU than it needs: what it sheds, and in which order. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { attemptConnect } from "../../support/connect-attempt.ts";
import { eventually } from "../../support/eventually.ts";
import { seedKinds } from "../../support/kinds.ts";
import { startTestNats, type TestNats } from "../../support/nats.ts";
import { type RoleProcess, spawnRole } from "../../support/process.ts";
import { metric } from "../../support/stack.ts";
import { throttle } from "../../support/throttle.ts";
import { post, TestEventStream, TestSocket, watch } from "../../support/viewer.ts";

const VIDEO = "crowded";
const DELAY_LIMIT_MS = 120;
/** A gateway with a sixth of its turns has next to nothing on a busy machine. */
const SLOW_MS = 150_000;
const TURN = { runMs: 50, stopMs: 250 } as const;

let nats: TestNats;
let dispatcher: RoleProcess;
let gateway: RoleProcess;
let release: (() => Promise<void>) | undefined;
beforeEach(async () => {
  nats = await startTestNats();
  await seedKinds(nats.url);
  dispatcher = await spawnRole("dispatcher", nats.url);
  gateway = await spawnRole("gateway", nats.url, [
    ...["--overload-delay-ms", String(DELAY_LIMIT_MS), "--frame-events", "50"],
    ...["--frame-interval-min-ms", "20", "--frame-interval-viewers", "0"],
  ]);
});
afterEach(async () => {
  await release?.();
  await gateway.kill9();
  await dispatcher.kill9();
  await nats.stop();
});

/** The levels in the log with this message, in order. */
function steps(message: string): string[] {
  return gateway.output
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === `overload: shedding ${message} load`)
    .map(({ step }) => String(step));
}

/** Opens a viewer; a busy machine may be late already, and then refuses it for a moment. */
async function opened<T>(open: () => Promise<T>): Promise<T> {
  let viewer: T | undefined;
  await eventually(async () => {
    viewer = await open().catch((error: unknown) => {
      if (/ 503$/.test(String(error))) return undefined;
      throw error;
    });
    return viewer !== undefined;
  });
  if (viewer === undefined) throw new Error("no viewer was opened");
  return viewer;
}

/** The same over an event stream, which may begin with why it ends. */
async function watchByStream(): Promise<TestEventStream> {
  const stream = await TestEventStream.open(gateway.port, VIDEO);
  if (stream.messages[0]?.op === "result") return stream;
  throw new Error("refused: 503");
}

test("frame intervals widen, then likes are sampled, then new viewers are refused; comments and viewers stay", {
  timeout: 2 * SLOW_MS,
}, async () => {
  const viewers: (TestSocket | TestEventStream)[] = [];
  for (let count = 0; count < 20; count += 1) {
    const open = count % 2 === 0 ? () => watch("msgpack", gateway.port, VIDEO) : watchByStream;
    viewers.push(await opened(open));
  }
  const publisher = await opened(() => TestSocket.connect(gateway.port));

  release = throttle(gateway.child, TURN);
  // A flood of likes, until one is refused.
  const batch = Array.from({ length: 200 }, () => ({ kind: "like" }));
  let likes = 0;
  let status = 200;
  while (status === 200) {
    status = (await post(gateway.port, VIDEO, batch)).status;
    if (status === 200) likes += batch.length;
  }
  expect(status).toBe(503);
  // A busy machine is late at times, so a level may be entered and left more than once.
  expect([...new Set(steps("more"))].slice(0, 3)).toEqual(["widen", "sample", "refuse"]);
  expect((await attemptConnect(gateway.port)).status).toBe(503);

  // A durable event is still accepted, perhaps on a repeat, and all viewers get it.
  const comment = { video: VIDEO, kind: "comment", eventId: "c1" };
  const isAccepted = async () => (await publisher.ask("publish", comment)).op === "result";
  await eventually(isAccepted, SLOW_MS);
  for (const viewer of viewers) {
    await viewer.until(() => viewer.of(VIDEO, "comment").length === 1);
    await viewer.until(() => viewer.total(VIDEO, "like") >= likes);
    expect(viewer.total(VIDEO, "like")).toBe(likes);
  }
  expect(await metric(gateway, "ovation_gateway_overload_refused_total")).toBeGreaterThan(0);
  expect(await metric(gateway, "ovation_gateway_overload_step_seconds_total")).toBeGreaterThan(0);

  await release();
  const isAtRest = async () => (await metric(gateway, "ovation_gateway_overload_step")) === 0;
  await eventually(isAtRest, SLOW_MS);
  await eventually(async () => (await attemptConnect(gateway.port)).status === 101);
  // Ended in reverse order, each for the last time.
  expect([...new Set(steps("less").toReversed())].slice(0, 3)).toEqual([
    "widen",
    "sample",
    "refuse",
  ]);
  expect(await metric(gateway, "ovation_gateway_connections_closed_total")).toBeLessThanOrEqual(1);
  await Promise.all([...viewers, publisher].map((viewer) => viewer.close()));
});

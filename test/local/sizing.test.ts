/**
 * The model of `ovation size` matches Ovation: a real stack, with NATS's own counters compared to
 * the model's. Only counts are compared, which don't depend on the machine's speed.
 */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Flows, flowsOf } from "../../cli/sizing/flows.ts";
import { STORED_RECORD_BYTES, STORED_ROW_BYTES } from "../../cli/sizing/message-bytes.ts";
import * as operations from "../../cli/sizing/operations.ts";
import { sizingInput } from "../../cli/sizing/options.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import {
  FRONTENDS_BUCKET,
  HISTORY_STREAM,
  SUBSCRIPTIONS_BUCKET,
} from "../../shared/protocol/subjects.ts";
import { eventually } from "../support/eventually.ts";
import { type Moved, NatsMonitor } from "../support/nats-monitor.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

const GATEWAYS = 3;
const DISPATCHERS = 2;
const VIDEOS = 60;
const VIEWERS = 180;
const LIKES = 600;
const COMMENTS = 300;
const TEXT = "What a goal! Did you see how he went past all three of them?";
/** How much the model and NATS may differ. */
const TOLERANCE = 0.15;
/** Periodic work, made rarer than any test here takes. */
const RARELY = {
  leaseMs: 300_000,
  leaseRenewMs: 100_000,
  reconcileIntervalMs: 3_600_000,
  totalsIntervalMs: 60_000,
} as const;

/** A fixed seed, so that the measurement is the same every time. */
const chance = xoroshiro128plus(1);

function anyGateway(): number {
  return stack.gatewayAt(uniformInt(chance, 0, GATEWAYS - 1)).port;
}

/** A name as long as the one in the model's sample. */
const video = (index: number) => `sized-video-${String(index % VIDEOS).padStart(3, "0")}`;
const viewers: TestSocket[] = [];
let stack: TestStack;
let monitor: NatsMonitor;
let atFirst: Moved;
let startedAt: number;
let firstTableReads: number;

function near(measured: number, modelled: number, what: string): void {
  const message = `${what}: ${measured} measured, ${modelled.toFixed(1)} by the model`;
  expect(Math.abs(measured - modelled) / modelled, message).toBeLessThan(TOLERANCE);
}

function since(before: Moved, now: Moved): Moved {
  return { in: now.in - before.in, out: now.out - before.out };
}

async function sum(nodes: readonly { readonly opsPort: number }[], name: string): Promise<number> {
  const values = await Promise.all(nodes.map((node) => metric(node, name)));
  return values.reduce((all, value) => all + value, 0);
}

type Counted = readonly (readonly [sends: readonly operations.Sends[], times: number])[];

function messagesOf(counted: Counted): Moved {
  const messages = counted.map(([sends, times]) => [operations.messagesOf(sends), times] as const);
  const total = (way: "in" | "out") =>
    messages.reduce((all, [each, times]) => all + each[way] * times, 0);
  return { in: total("in"), out: total("out") };
}

/** What the stack has sent by itself, some of it more often on a busy machine. */
async function ofItself(): Promise<Moved> {
  const { dispatchers, gateways } = stack;
  const writes = (store: string) =>
    sum(dispatchers, `ovation_dispatcher_totals_writes_total{store="${store}"}`);
  const totalsWrites = await writes("totals");
  const rows = await sum(gateways, "ovation_gateway_table_rows");
  // A dispatcher reads the table again when it may have missed a change.
  const tableReads = await sum(dispatchers, "ovation_dispatcher_table_reads_total");
  const totalsReads = await sum(dispatchers, "ovation_dispatcher_totals_reads_total");
  const conflicts = await sum(dispatchers, "ovation_dispatcher_totals_write_conflicts_total");
  const gatewayReads = (what: string) => sum(gateways, `ovation_gateway_${what}_reads_total`);
  return messagesOf([
    [operations.totalsWrite(), totalsWrites + (await writes("timeline")) + conflicts],
    [operations.documentRead(), totalsReads],
    [operations.historyCheck(), await gatewayReads("history")],
    [operations.documentRead(), (await gatewayReads("state")) + (await gatewayReads("totals"))],
    [operations.totalsSent(rows / VIDEOS), totalsWrites],
    [operations.tableRead("dispatcher", rows + GATEWAYS), tableReads - firstTableReads],
    [
      operations.watchChecks(gateways.length, dispatchers.length),
      (performance.now() - startedAt) / 1_000,
    ],
    [operations.storeChecks(dispatchers.length), (performance.now() - startedAt) / 1_000],
  ]);
}

/** Messages that NATS has moved for viewers and publishers. */
async function moved(): Promise<Moved> {
  return since(await ofItself(), await monitor.moved());
}

/** The model's figures for this stack, for `seconds` in which that much was published. */
function modelled(what: string, seconds: number, likes: number, comments: number) {
  const flows: Flows = flowsOf(
    sizingInput({
      viewers: VIEWERS,
      videos: VIDEOS,
      likes: likes / seconds,
      comments: comments / seconds,
      connects: 0,
    }),
    GATEWAYS,
    DISPATCHERS,
  );
  const flow = flows.nats.find((one) => one.what === what);
  if (flow === undefined) throw new Error(`the model knows no ${what}`);
  return { in: flow.in * seconds, out: flow.out * seconds };
}

/** Resolves when nothing is under way: rows match the viewers, and every count has been sent. */
async function settled(): Promise<void> {
  for (let index = 0; index < VIDEOS; index += 1) {
    const here = viewers.filter((_, viewer) => video(viewer) === video(index)).length;
    await stack.mirrored(video(index), here);
  }
  const pending = () => sum(stack.dispatchers, "ovation_dispatcher_counts_pending");
  await eventually(async () => (await pending()) === 0);
}

beforeAll(async () => {
  const monitorPort = await freePort();
  monitor = new NatsMonitor(monitorPort);
  stack = await TestStack.start({
    gateways: GATEWAYS,
    dispatchers: DISPATCHERS,
    gateway: { ...RARELY, historyCheckMs: 600_000 },
    dispatcher: RARELY,
    nats: { monitorPort },
  });
  startedAt = performance.now();
  firstTableReads = await sum(stack.dispatchers, "ovation_dispatcher_table_reads_total");
  atFirst = await moved();
  for (let index = 0; index < VIEWERS; index += 1) {
    const viewer = await TestSocket.connect(anyGateway(), "msgpack");
    await viewer.ask("subscribe", { video: video(index) });
    viewers.push(viewer);
  }
  await settled();
  // Each gateway checks each history and state once more soon after its first viewer of the video.
  const rows = await sum(stack.gateways, "ovation_gateway_table_rows");
  for (const what of ["history", "state"]) {
    const reads = () => sum(stack.gateways, `ovation_gateway_${what}_reads_total`);
    await eventually(async () => (await reads()) >= 2 * rows);
  }
});
afterAll(async () => {
  for (const viewer of viewers) viewer.socket.terminate();
  await stack?.stop();
});

describe("an audience that has connected", () => {
  test("has as many rows and subscriptions as the model says", async () => {
    const flows = flowsOf(sizingInput({ viewers: VIEWERS, videos: VIDEOS }), GATEWAYS, DISPATCHERS);
    const table = await monitor.stream(`KV_${SUBSCRIPTIONS_BUCKET}`);
    near(table.messages, flows.rows, "rows");
    near(table.bytes / table.messages, STORED_ROW_BYTES, "bytes of a row");
    expect((await monitor.stream(`KV_${FRONTENDS_BUCKET}`)).messages).toBe(GATEWAYS);
    const subscriptions = await monitor.subscriptions();
    const of = (role: string) => subscriptions.filter(({ name }) => name.includes(role));
    const count = (role: string) => of(role).reduce((all, one) => all + one.count, 0);
    expect([of("gateway").length, of("dispatcher").length]).toEqual([GATEWAYS, DISPATCHERS]);
    const rows = table.messages;
    const { gateway } = operations.SUBSCRIPTIONS;
    near((count("gateway") - rows) / GATEWAYS, gateway, "subscriptions of a gateway");
    const ofDispatchers = operations.dispatcherSubscriptions(DISPATCHERS);
    near(count("dispatcher"), ofDispatchers, "subscriptions of dispatchers");
  });

  test("sent as many messages over NATS as the model says of its operations", async () => {
    const done = since(atFirst, await moved());
    const { gateways, dispatchers } = stack;
    const writes = await sum(gateways, "ovation_gateway_row_writes_total");
    const requests = await sum(dispatchers, "ovation_dispatcher_count_requests_total");
    const countsSent = await sum(dispatchers, "ovation_dispatcher_messages_total");
    const rows = await sum(gateways, "ovation_gateway_table_rows");
    const model = messagesOf([
      [operations.rowAnnouncement(DISPATCHERS), rows],
      [operations.rowWrite(DISPATCHERS), writes],
      [operations.countRequest(), requests],
      [operations.countSent(1), countsSent],
    ]);
    near(done.in, model.in, "messages in");
    near(done.out, model.out, "messages out");
  });
});

describe("a number of events", () => {
  test("likes", async () => {
    await settled();
    const before = await moved();
    for (let index = 0; index < LIKES; index += 1) {
      expect((await post(anyGateway(), video(index), { kind: "like" })).status).toBe(200);
    }
    const done = since(before, await moved());
    const model = modelled("likes", 10_000, LIKES, 0);
    near(done.in, model.in, "messages in");
    near(done.out, model.out, "messages out");
  });

  test("comments", async () => {
    // So that both dispatchers know each video's history.
    const publish = async (index: number) => {
      const comment = { kind: "comment", actor: "user-12345678", data: { text: TEXT } };
      expect((await post(anyGateway(), video(index), comment)).status).toBe(200);
    };
    for (let index = 0; index < 4 * VIDEOS; index += 1) await publish(index);
    const before = await moved();
    for (let index = 0; index < COMMENTS; index += 1) await publish(index);
    const done = since(before, await moved());
    const model = modelled("comments", 10_000, 0, COMMENTS);
    near(done.in, model.in, "messages in");
    near(done.out, model.out, "messages out");
    const history = await monitor.stream(HISTORY_STREAM);
    expect(history.messages).toBe(4 * VIDEOS + COMMENTS);
    near(history.bytes / history.messages, STORED_RECORD_BYTES, "bytes of a comment");
  });
});

describe("periodic work", () => {
  test("lease renewals", async () => {
    const bucket = `KV_${FRONTENDS_BUCKET}`;
    await stack.addGateway({ ...RARELY, leaseRenewMs: 20 });
    onTestFinished(async () => {
      await stack.gateways.pop()?.stop();
    });
    const first = (await monitor.stream(bucket)).last_seq;
    const before = await moved();
    await eventually(async () => (await monitor.stream(bucket)).last_seq >= first + 150);
    const done = since(before, await moved());
    const renewals = (await monitor.stream(bucket)).last_seq - first;
    const model = operations.messagesOf(operations.leaseRenewal(DISPATCHERS));
    near(done.in, model.in * renewals, "messages in");
    near(done.out, model.out * renewals, "messages out");
  });

  test("a dispatcher's reads of the whole table", async () => {
    await settled();
    const { messages: rows } = await monitor.stream(`KV_${SUBSCRIPTIONS_BUCKET}`);
    const dispatcher = await stack.addDispatcher({ ...RARELY, reconcileIntervalMs: 200 });
    const reads = () => metric(dispatcher, "ovation_dispatcher_table_reads_total");
    const first = await reads();
    const before = await moved();
    await eventually(async () => (await reads()) >= first + 30);
    // Those of this dispatcher are left out as what the stack does by itself.
    const others = since(before, await moved());
    const count = (await reads()) - first;
    const read = operations.messagesOf(operations.tableRead("dispatcher", rows + GATEWAYS));
    near(others.in + read.in * count, read.in * count, "messages in");
    near(others.out + read.out * count, read.out * count, "messages out");
  });
});

/** An event's way as an operator sees it, in spans that a real collector received. */
import { headers, type NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatewayPublishSubject } from "../../../shared/protocol/subjects.ts";
import { connectTo } from "../../support/nats-users.ts";
import { OtlpCollector } from "../../support/otlp-collector.ts";
import type { CollectedSpan } from "../../support/otlp-spans.ts";
import { requestSubject } from "../../support/request-subject.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { type GivenTrace, newTrace } from "../../support/traces.ts";
import { TestSocket, watch } from "../../support/viewer.ts";

let collector: OtlpCollector;
let stack: TestStack;
let service: NatsConnection;

beforeAll(async () => {
  collector = await OtlpCollector.start();
  const tracing = { otlpEndpoint: collector.url };
  stack = await TestStack.start({ gateways: 2, gateway: tracing, dispatcher: tracing });
  service = await connectTo(stack.nats.url, "publisher");
});
afterAll(async () => {
  await service?.close();
  await stack?.stop();
  await collector?.stop();
});

async function request(
  method: string,
  path: string,
  { traceparent, tracestate }: { traceparent?: string; tracestate?: string },
  body?: unknown,
): Promise<Response> {
  const given = {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  return await fetch(`http://127.0.0.1:${stack.gatewayAt(0).port}/v1/videos/${path}`, {
    method,
    headers: given,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** What a process tells of its latencies, with the ids of traces. */
async function exemplars({ opsPort }: { readonly opsPort: number }): Promise<string> {
  const headers = { accept: "application/openmetrics-text; version=1.0.0" };
  return await (await fetch(`http://127.0.0.1:${opsPort}/metrics`, { headers })).text();
}

/** Each span as `name<parent's name>`; the caller's own is `given`. */
function lineage(spans: readonly CollectedSpan[], given: GivenTrace): string[] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  names.set(given.spanId, "given");
  return spans.map(({ name, parentSpanId }) => `${name}<${names.get(parentSpanId)}>`).sort();
}

const WAY = ["ovation.publish", "ovation.dispatch", "ovation.deliver"];
const DURABLE_WAY = [...WAY, "ovation.store"];

describe("a publish over HTTP with a traceparent", () => {
  test("is one trace from the gateway through the dispatcher to the viewers' gateway", async () => {
    const viewer = await watch("json", stack.gatewayAt(1).port, "traced");
    await stack.mirrored("traced", 1);
    const given = newTrace();
    const headers = { traceparent: given.traceparent, tracestate: "shop=17,other=x" };
    const answer = await request("POST", "traced/events", headers, { kind: "like" });
    expect(answer.status).toBe(200);
    await viewer.until(() => viewer.of("traced", "like").length === 1);
    const spans = await collector.trace(given.traceId, WAY);
    expect(lineage(spans, given)).toEqual([
      "ovation.deliver<ovation.dispatch>",
      "ovation.dispatch<ovation.publish>",
      "ovation.publish<given>",
    ]);
    for (const node of [...stack.gateways, ...stack.dispatchers]) {
      expect(await exemplars(node)).toContain(`trace_id="${given.traceId}"`);
    }
    const [publish, dispatch, deliver] = WAY.map((name) => spans.find((one) => one.name === name));
    expect(publish).toMatchObject({
      kind: 2,
      traceState: "shop=17,other=x",
      failed: false,
      attributes: {
        "http.request.method": "POST",
        "http.route": "/v1/videos/{video}/events",
        "http.response.status_code": 200,
        "ovation.video": "traced",
        "ovation.kind": "like",
        "messaging.batch.message_count": 1,
      },
      resource: {
        "service.name": "ovation-gateway",
        "service.instance.id": stack.gatewayAt(0).id,
      },
    });
    expect(dispatch).toMatchObject({
      kind: 5,
      traceState: "shop=17,other=x",
      attributes: {
        "messaging.system": "nats",
        "messaging.destination.name": requestSubject(gatewayPublishSubject, "traced"),
        "messaging.consumer.group.name": "dispatchers",
        "ovation.video": "traced",
      },
      resource: {
        "service.name": "ovation-dispatcher",
        "service.instance.id": stack.dispatchers[0]?.id,
      },
    });
    expect(deliver).toMatchObject({
      kind: 5,
      attributes: { "ovation.video": "traced", "ovation.kind": "like", "ovation.viewers": 1 },
      resource: { "service.instance.id": stack.gatewayAt(1).id },
    });
    const delay = deliver?.attributes["ovation.frame.delay_ms"];
    expect(delay).toBeGreaterThanOrEqual(0);
    const lengthMs = Number((deliver?.end ?? 0n) - (deliver?.start ?? 0n)) / 1e6;
    expect(lengthMs).toBeGreaterThanOrEqual(Number(delay) - 0.01);
    for (const span of spans) expect(span.end >= span.start).toBe(true);
    await viewer.close();
  });

  test("shows that a comment is stored, and deleted", async () => {
    const viewer = await watch("msgpack", stack.gatewayAt(1).port, "stored");
    await stack.mirrored("stored", 1);
    const given = newTrace();
    await request("POST", "stored/events", given, { kind: "comment", id: "c1", data: "hello" });
    expect(lineage(await collector.trace(given.traceId, DURABLE_WAY), given)).toEqual([
      "ovation.deliver<ovation.store>",
      "ovation.dispatch<ovation.publish>",
      "ovation.publish<given>",
      "ovation.store<ovation.dispatch>",
    ]);
    const back = newTrace();
    expect((await request("DELETE", "stored/events/c1", back)).status).toBe(200);
    await viewer.until(() => viewer.of("stored", "retracted").length === 1);
    const names = ["ovation.retract", "ovation.dispatch", "ovation.store", "ovation.deliver"];
    expect(lineage(await collector.trace(back.traceId, names), back)).toEqual([
      "ovation.deliver<ovation.store>",
      "ovation.dispatch<ovation.retract>",
      "ovation.retract<given>",
      "ovation.store<ovation.dispatch>",
    ]);
    const read = newTrace();
    await request("GET", "stored/history", read);
    expect(lineage(await collector.trace(read.traceId, ["ovation.history"]), read)).toEqual([
      "ovation.history<given>",
    ]);
    await viewer.close();
  });

  test("that stores comments of several traces at once links them", async () => {
    const all = Array.from({ length: 20 }, () => newTrace());
    await Promise.all(
      all.map((given) => request("POST", "crowded/events", given, { kind: "comment" })),
    );
    const dispatched = await collector.until(() => {
      const spans = all.flatMap(({ traceId }) => collector.of(traceId));
      const found = spans.filter(({ name }) => name === "ovation.dispatch");
      return found.length === all.length && found;
    });
    const traces = new Set(all.map(({ traceId }) => traceId));
    // Each is the parent of a store or linked to one: how many share a store is random.
    await collector.until(() => {
      const stores = collector.spans.filter(
        ({ name, traceId }) => name === "ovation.store" && traces.has(traceId),
      );
      const covered = new Set(
        stores.flatMap(({ traceId, parentSpanId, links }) => [
          `${traceId}-${parentSpanId}`,
          ...links,
        ]),
      );
      return dispatched.every(({ traceId, spanId }) => covered.has(`${traceId}-${spanId}`));
    });
  });

  test("that is refused is a failed span with the error's code", async () => {
    const given = newTrace();
    const answer = await request("POST", "traced/events", given, { kind: "nope" });
    expect(answer.status).toBe(400);
    const [span, ...others] = await collector.trace(given.traceId, ["ovation.publish"]);
    expect(span).toMatchObject({ failed: true, attributes: { "error.type": "kind_unknown" } });
    expect(others).toEqual([]);
  });

  test("is not recorded when the caller did not sample the trace", async () => {
    const quiet = newTrace("00");
    await request("POST", "traced/events", quiet, { kind: "like" });
    await seenAfter();
    expect(collector.of(quiet.traceId)).toEqual([]);
  });
});

/** Resolves when all earlier spans have been sent, by waiting for a later trace. */
async function seenAfter(): Promise<void> {
  const last = newTrace();
  const viewer = await watch("json", stack.gatewayAt(1).port, `after-${last.traceId}`);
  await stack.mirrored(`after-${last.traceId}`, 1);
  await request("POST", `after-${last.traceId}/events`, last, { kind: "like" });
  await collector.trace(last.traceId, WAY);
  await viewer.close();
}

describe("a service on NATS", () => {
  test.each(["traceparent", "Traceparent"])("sends its trace in the header %s", async (name) => {
    const viewer = await watch("json", stack.gatewayAt(1).port, "bus");
    await stack.mirrored("bus", 1);
    const given = newTrace();
    const head = headers();
    head.set(name, given.traceparent);
    const reply = await service.request("ov.publish.bus", '{"kind":"like"}', {
      headers: head,
      timeout: 60_000,
    });
    expect(reply.json()).toMatchObject({ accepted: [expect.any(String)] });
    expect(reply.headers).toBeUndefined();
    const spans = await collector.trace(given.traceId, ["ovation.dispatch", "ovation.deliver"]);
    expect(lineage(spans, given)).toEqual([
      "ovation.deliver<ovation.dispatch>",
      "ovation.dispatch<given>",
    ]);
    await viewer.close();
  });

  test("that sends several has its request in the first, linked to the others", async () => {
    const [one, two, three] = [newTrace(), newTrace(), newTrace()];
    const head = headers();
    for (const text of [one.traceparent, two.traceparent, "00-nonsense", three.traceparent]) {
      head.append("traceparent", text);
    }
    await service.request("ov.publish.bus", '{"kind":"like"}', { headers: head, timeout: 60_000 });
    const [dispatch] = await collector.trace(one.traceId, ["ovation.dispatch"]);
    const linked = [two, three].map(({ traceId, spanId }) => `${traceId}-${spanId}`);
    expect(dispatch?.links).toEqual(linked);
    expect(collector.of(two.traceId)).toEqual([]);
  });
});

describe("an invalid traceparent", () => {
  test.each([
    "",
    "00",
    "00-0123",
    `00-${"0".repeat(32)}-0123456789abcdef-01`,
    `00-0123456789abcdef0123456789abcdef-${"0".repeat(16)}-01`,
    "ff-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
    "00-0123456789ABCDEF0123456789ABCDEF-0123456789abcdef-01",
    "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01-more",
    `00-${"a".repeat(300)}`,
  ])("is ignored: %s", async (traceparent) => {
    const before = collector.spans.length;
    const answer = await request("POST", "invalid/events", { traceparent }, { kind: "like" });
    expect(answer.status).toBe(200);
    const invalid = collector.spans
      .slice(before)
      .filter(({ attributes }) => attributes["ovation.video"] === "invalid");
    expect(invalid).toEqual([]);
  });

  test("creates no span at all", async () => {
    await seenAfter();
    expect(
      collector.spans.filter(({ attributes }) => attributes["ovation.video"] === "invalid"),
    ).toEqual([]);
  });
});

test("likes of viewers create no spans", async () => {
  const publisher = await TestSocket.connect(stack.gatewayAt(0).port, "msgpack");
  await seenAfter();
  const before = collector.spans.length;
  for (let n = 0; n < 10; n += 1) {
    const asked = Array.from({ length: 100 }, () =>
      publisher.ask("publish", { video: "flood", kind: "like" }),
    );
    await Promise.all(asked);
  }
  await seenAfter();
  const fresh = collector.spans.slice(before);
  expect(fresh.filter(({ attributes }) => attributes["ovation.video"] === "flood")).toEqual([]);
  await publisher.close();
});

test("metrics show how many spans were sent and lost", async () => {
  await seenAfter();
  const [gateway] = stack.gateways;
  if (gateway === undefined) throw new Error("no gateway");
  expect(await metric(gateway, "ovation_trace_spans_total")).toBeGreaterThan(0);
  const page = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
  expect(page).toContain('ovation_trace_spans_total{outcome="failed"} 0');
  expect(page).toContain('ovation_trace_spans_total{outcome="dropped"} 0');
});

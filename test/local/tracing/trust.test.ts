/** Whose trace context is trusted, and what starts a trace. */
import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { GatewayConfig } from "../../../shared/config/settings.ts";
import { OtlpCollector } from "../../support/otlp-collector.ts";
import { TestStack } from "../../support/stack.ts";
import { fileWith, SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { newTrace, postTraced } from "../../support/traces.ts";
import { TestSocket } from "../../support/viewer.ts";

const KEY = "key-of-a-backend-that-may-publish-in-no-name";
const WAY = ["ovation.publish", "ovation.dispatch"];
let collector: OtlpCollector;
let stack: TestStack | undefined;

beforeAll(async () => {
  collector = await OtlpCollector.start();
});
afterEach(() => stack?.stop());
afterAll(() => collector?.stop());

async function start(gateway: Partial<GatewayConfig>): Promise<number> {
  const sha256 = createHash("sha256").update(KEY).digest("hex");
  const tracing = { otlpEndpoint: collector.url };
  stack = await TestStack.start({
    gateway: {
      open: false,
      authSecret: SECRET,
      authApiKeysFile: fileWith(JSON.stringify([{ name: "backend", sha256 }])),
      ...tracing,
      ...gateway,
    },
    dispatcher: tracing,
  });
  return stack.gateway.port;
}

/** Publishes a like with this token and a traceparent. */
async function like(port: number, token: string): Promise<string> {
  const { traceId, traceparent } = newTrace();
  const authorization = `Bearer ${token}`;
  const headers = { traceparent, authorization };
  expect((await postTraced(port, "trust", { kind: "like" }, headers)).status).toBe(200);
  return traceId;
}

test("a backend's trace is continued, with an API key or the scope any-actor; a viewer's is not", async () => {
  const port = await start({});
  const viewers = await like(port, await tokenOf(VIEWER));
  const keys = await like(port, KEY);
  const tokens = await like(port, await tokenOf({ ...VIEWER, scope: "any-actor" }));
  for (const traceId of [keys, tokens]) await collector.trace(traceId, WAY);
  // The processes send their remaining spans when they stop.
  await stack?.stop();
  stack = undefined;
  expect(collector.of(viewers)).toEqual([]);
});

test("with a sampler that says so, a viewer's publish starts a trace, and never continues the viewer's own", async () => {
  const port = await start({ traceSampler: "parentbased_traceidratio", traceRatio: 1 });
  const token = await tokenOf(VIEWER);
  const spans = () =>
    collector.spans.filter(({ attributes }) => attributes["ovation.video"] === "begun");
  const socket = await TestSocket.connect(port, "msgpack", token);
  await socket.ask("subscribe", { video: "begun" });
  await stack?.mirrored("begun", 1);
  await socket.ask("publish", { video: "begun", kind: "like" });
  const [published] = await collector.until(() => {
    const found = spans().filter(({ name }) => name === "ovation.publish");
    return found.length === 1 && found;
  });
  expect(published).toMatchObject({
    parentSpanId: "",
    attributes: { "network.protocol.name": "websocket", "ovation.kind": "like" },
  });
  const way = await collector.trace(published?.traceId ?? "", [...WAY, "ovation.deliver"]);
  expect(way).toHaveLength(3);
  const viewers = await like(port, token);
  await stack?.stop();
  stack = undefined;
  expect(collector.of(viewers)).toEqual([]);
  expect(
    collector.spans
      .filter(
        ({ name, attributes }) =>
          name === "ovation.publish" && attributes["ovation.video"] === "trust",
      )
      .at(-1)?.parentSpanId,
  ).toBe("");
  await socket.untilClosed();
});

test("the collector gets the configured headers and service name", async () => {
  const port = await start({
    otlpHeaders: [["x-collector-key", "hush"]],
    traceServiceName: "arena",
  });
  const traceId = await like(port, KEY);
  const [span] = await collector.trace(traceId, ["ovation.publish"]);
  expect(span?.resource["service.name"]).toBe("arena");
  expect(collector.requests.at(-1)?.path).toBe("/v1/traces");
  const keys = collector.requests.map(({ headers }) => headers["x-collector-key"]);
  expect(keys).toContain("hush");
});

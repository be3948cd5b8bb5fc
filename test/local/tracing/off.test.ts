/** Without an OTLP endpoint tracing costs nothing; traces of others are passed on unchanged. */
import { join } from "node:path";
import type { Msg, NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { decodeFanoutMessage } from "../../../shared/protocol/fanout-message.ts";
import { startTestNats, type TestNats } from "../../support/nats.ts";
import { connectTo } from "../../support/nats-users.ts";
import { OtlpCollector } from "../../support/otlp-collector.ts";
import { spawnStrict } from "../../support/process.ts";
import { TestStack } from "../../support/stack.ts";
import { createStores } from "../../support/stores.ts";
import { newTrace, postTraced } from "../../support/traces.ts";
import { watch } from "../../support/viewer.ts";

describe("a process", () => {
  const roles = ["gateway", "dispatcher"] as const;
  let nats: TestNats;
  let collector: OtlpCollector;

  beforeAll(async () => {
    nats = await startTestNats();
    await createStores(nats.url);
    collector = await OtlpCollector.start();
    const hook = join(import.meta.dirname, "../../support/module-watch.mjs");
    vi.stubEnv("NODE_OPTIONS", `--import ${hook}`);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await collector?.stop();
    await nats?.stop();
  });

  /** OpenTelemetry modules that the role loads before it ends. */
  async function loaded(role: (typeof roles)[number], flags: readonly string[]) {
    const open = role === "gateway" ? ["--open"] : [];
    const running = await spawnStrict(role, nats.url, [...open, ...flags], { isFromSource: true });
    expect(await running.stop()).toBe(0);
    return running.output.filter((line) => line.startsWith("loaded "));
  }

  test.each(roles)("of the %s loads nothing of OpenTelemetry without an endpoint", async (role) => {
    expect(await loaded(role, [])).toEqual([]);
  });

  test.each(roles)("of the %s loads it with one", async (role) => {
    const modules = await loaded(role, ["--otlp-endpoint", collector.url]);
    expect(modules.length).toBeGreaterThan(10);
  });
});

describe("a stack without an endpoint", () => {
  let stack: TestStack;
  let observer: NatsConnection;
  const seen: Msg[] = [];

  beforeAll(async () => {
    stack = await TestStack.start();
    observer = await connectTo(stack.nats.url);
    for (const subject of ["ov.gateway.publish.*.*", "ov.frontend.*.*"]) {
      observer.subscribe(subject, { callback: (_error, message) => void seen.push(message) });
    }
    await observer.flush();
  });
  afterAll(async () => {
    await observer?.close();
    await stack?.stop();
  });

  /** What the bus carried for one publish: the request, and the message to the viewers' gateway. */
  async function carried(kind: string, headers: Readonly<Record<string, string>>) {
    const video = `${kind}-${seen.length}`;
    const viewer = await watch("json", stack.gateway.port, video);
    await stack.mirrored(video, 1);
    expect((await postTraced(stack.gateway.port, video, { kind }, headers)).status).toBe(200);
    await viewer.until(() => viewer.of(video, kind).length === 1);
    await viewer.close();
    await observer.flush();
    const about = seen.filter(({ subject }) => subject.endsWith(`.${video}`));
    const request = about.find(
      ({ subject, data }) =>
        subject.startsWith("ov.gateway.publish.") && !Buffer.from(data).includes("viewers"),
    );
    const dispatched = about
      .filter(({ subject }) => subject.startsWith("ov.frontend."))
      .map(({ data }) => decodeFanoutMessage(data))
      .filter((message) => message?.form === "record" || message?.form === "events")
      .find(({ form, ...rest }) =>
        "record" in rest
          ? rest.record.events.some((event) => event.kind === kind)
          : rest.events.some((event) => event.kind === kind),
      );
    return { headers: request?.headers, trace: dispatched?.trace };
  }

  test.each(["like", "comment"])("adds no header to a %s that has none", async (kind) => {
    expect(await carried(kind, {})).toEqual({ headers: undefined, trace: undefined });
  });

  test.each(["like", "comment"])("passes on the trace of a %s unchanged", async (kind) => {
    const given = newTrace();
    const { headers, trace } = await carried(kind, {
      traceparent: given.traceparent,
      tracestate: "shop=17",
    });
    expect(headers?.get("traceparent")).toBe(given.traceparent);
    expect(headers?.get("tracestate")).toBe("shop=17");
    expect(trace).toMatchObject({ traceId: given.traceId, spanId: given.spanId });
  });
});

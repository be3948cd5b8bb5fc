/** How fast one client may send requests and publish, and what happens to one that ignores that. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { ask, burst, postBytes } from "../../support/raw.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { post, type Received, TestSocket, watch } from "../../support/viewer.ts";

/** Five seconds' worth may arrive at once. */
const BURST_SECONDS = 5;

const DEFAULTS = { requestsPerSecond: 50, connectionPublishesPerSecond: 20, likesPerSecond: 10 };
/** Only the limit that a test is about is small. */
const MANY = 100_000;

function answersOf(viewer: TestSocket): Received[] {
  return viewer.messages.filter(({ op }) => op === "result" || op === "error");
}

function requests(op: string, count: number, fields: object = {}): object[] {
  return Array.from({ length: count }, (_, index) => ({ op, id: index + 2, ...fields }));
}

describe("with the default limits", () => {
  let stack: TestStack;
  let port: number;
  beforeAll(async () => {
    stack = await TestStack.start({ gateway: DEFAULTS });
    port = stack.gateway.port;
  });
  afterAll(async () => await stack?.stop());

  test("a viewer that likes as fast as a hand can click, and comments, is not limited", async () => {
    const viewer = await watch("msgpack", port, "quiet");
    if (!(viewer instanceof TestSocket)) throw new Error("no WebSocket");
    for (let n = 0; n < 40; n += 1) {
      expect(await viewer.ask("publish", { video: "quiet", kind: "like" })).toMatchObject({
        op: "result",
      });
    }
    expect(
      await viewer.ask("publish", { video: "quiet", kind: "comment", data: "hello" }),
    ).toMatchObject({ op: "result" });
    await viewer.close();
  });

  test.each([
    ["200,000 requests", "ping"],
    ["200,000 WebSocket ping frames", "frame"],
  ])(
    "%s close the connection with a named error, and others are served meanwhile",
    async (_what, how) => {
      const other = await TestSocket.connect(port);
      const flooder = await TestSocket.connect(port);
      const carriedOut = await metric(stack.gateway, "ovation_gateway_requests_total");
      let sent = 0;
      const flood = (async () => {
        for (let round = 0; round < 200 && flooder.closed === undefined; round += 1) {
          if (how === "frame") for (let n = 0; n < 1_000; n += 1) flooder.socket.ping();
          else {
            const from = sent + 2;
            burst(
              flooder,
              Array.from({ length: 1_000 }, (_, n) => ({ op: "ping", id: from + n })),
            );
          }
          sent += 1_000;
          await new Promise(setImmediate);
        }
      })();
      expect(await flooder.untilClosed()).toEqual({ code: 4429, reason: "rate_limit" });
      await flood;
      expect(flooder.messages.at(-1)).toMatchObject({ op: "error", id: 0, code: "rate_limited" });
      const most = 2 * BURST_SECONDS * DEFAULTS.requestsPerSecond;
      // The quota that refills during these seconds is far less than that.
      expect(answersOf(flooder).length).toBeLessThan(2 * most);
      const after = await metric(stack.gateway, "ovation_gateway_requests_total");
      expect(after - carriedOut).toBeLessThan(2 * most);
      expect(await other.ask("ping")).toMatchObject({ op: "result" });
      await other.close();
    },
  );

  test("a request over the limit is refused with a time to retry, and accepted after it", async () => {
    const viewer = await TestSocket.connect(port);
    const allowed = BURST_SECONDS * DEFAULTS.requestsPerSecond;
    // Far more than the quota regains while they are read.
    const sent = allowed + 100;
    burst(viewer, requests("ping", sent));
    await viewer.until(() => answersOf(viewer).length > sent);
    const refused = answersOf(viewer).filter(({ op }) => op === "error");
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) {
      expect(error).toMatchObject({ code: "rate_limited", limit: 50 });
      expect(error["retryAfterMs"]).toBeGreaterThan(0);
      expect(error["retryAfterMs"]).toBeLessThanOrEqual(2_100);
    }
    expect(viewer.closed).toBeUndefined();
    let answer = refused.at(-1);
    // Twice, because the pong of a ping that comes meanwhile counts as a request too.
    for (let tries = 0; tries < 2 && answer?.op === "error"; tries += 1) {
      // A timer may fire a millisecond early.
      await new Promise((resolve) => setTimeout(resolve, Number(answer?.["retryAfterMs"]) + 10));
      viewer.sendMessage({ op: "ping", id: sent + 100 + tries });
      answer = await viewer.answerTo(sent + 100 + tries);
    }
    expect(answer).toMatchObject({ op: "result" });
    const name = 'ovation_gateway_rate_limited_total{limit="requests"}';
    expect(await labelled(name)).toBeGreaterThanOrEqual(refused.length);
    await viewer.close();
  });

  async function labelled(series: string): Promise<number> {
    const page = await fetch(`http://127.0.0.1:${stack.gateway.opsPort}/metrics`);
    const line = (await page.text()).split("\n").find((one) => one.startsWith(`${series} `));
    return Number(line?.split(" ").at(-1) ?? 0);
  }
});

describe("with room for requests", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.start({
      gateway: {
        requestsPerSecond: MANY,
        connectionPublishesPerSecond: 4,
        likesPerSecond: 2,
        httpPublishesPerSecond: 200,
        historyReadsPerSecond: 2,
      },
    });
  });
  afterAll(async () => await stack?.stop());

  test("a connection may like each video up to a limit, and all together up to its limit of publishes", async () => {
    const viewer = await TestSocket.connect(stack.gateway.port);
    const outcome = async (video: string, kind: string, count: number) => {
      const answers: Received[] = [];
      for (let n = 0; n < count; n += 1) answers.push(await viewer.ask("publish", { video, kind }));
      return answers.filter(({ op }) => op === "result").length;
    };
    const begun = performance.now();
    /** What a quota of so many a second allows: its burst, and what it regains meanwhile. */
    const allowedBy = (perSecond: number) =>
      perSecond * (BURST_SECONDS + (performance.now() - begun) / 1_000);
    const one = await outcome("one", "like", 20);
    expect(one).toBeGreaterThanOrEqual(10);
    expect(one).toBeLessThanOrEqual(allowedBy(2));
    const two = await outcome("two", "like", 20);
    expect(two).toBeGreaterThan(0);
    const comments = await outcome("one", "comment", 20);
    expect(one + two + comments).toBeGreaterThanOrEqual(20);
    expect(one + two + comments).toBeLessThanOrEqual(allowedBy(4));
    const comment = { video: "one", kind: "comment" };
    await eventually(async () => {
      const answer = await viewer.ask("publish", comment);
      return answer["code"] === "rate_limited" && answer["limit"] === 4;
    });
    // The limit is not the address's: another connection's likes are accepted.
    const other = await TestSocket.connect(stack.gateway.port);
    expect(await other.ask("publish", { video: "one", kind: "like" })).toMatchObject({
      op: "result",
    });
    await Promise.all([viewer.close(), other.close()]);
  });

  test("a backend may publish more, and gets a time to retry", async () => {
    const { port } = stack.gateway;
    const batch = Array.from({ length: 900 }, () => ({ kind: "like" }));
    expect((await post(port, "launch", batch)).status).toBe(200);
    const answer = await postBytes(port, "launch", JSON.stringify(batch));
    expect(answer.status).toBe(429);
    expect(answer.error).toMatchObject({ code: "rate_limited", limit: 200 });
    expect(answer.body["accepted"]).toBeUndefined();
    const waitMs = Number(answer.error["retryAfterMs"]);
    expect(waitMs).toBeGreaterThan(1_000);
    expect(answer.headers["retry-after"]).toBe(String(Math.ceil(waitMs / 1_000)));
    // The remaining quota can still be used.
    expect((await post(port, "launch", { kind: "like" })).status).toBe(200);
  });

  test("history reads are limited", async () => {
    const { port } = stack.gateway;
    const statuses: number[] = [];
    for (let n = 0; n < 14; n += 1) {
      statuses.push((await ask(port, { path: "/v1/videos/launch/history" })).status);
    }
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(200));
    expect(statuses).toContain(429);
  });
});

/** What is repeated, and when: a gateway can't be made to fail in each of these ways. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { OvationOptions } from "./options.ts";
import { Ovation } from "./ovation.ts";

type Respond = (response: ServerResponse, request: IncomingMessage) => void;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that gives these answers one after the other, then the last one. */
async function standIn(...answers: readonly Respond[]) {
  const bodies: unknown[] = [];
  const connections = new Set<unknown>();
  const server = createServer(async (request, response) => {
    connections.add(request.socket);
    let text = "";
    for await (const part of request) text += String(part);
    bodies.push(text === "" ? undefined : JSON.parse(text));
    answers[Math.min(bodies.length, answers.length) - 1]?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const video = (options: Partial<OvationOptions> = {}) =>
    new Ovation({ url, random: () => 0, ...options }).video("launch");
  return { bodies, connections, video };
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Respond {
  return (response) => response.writeHead(status, headers).end(JSON.stringify(body));
}
const refused = (status: number, code: string, more: object = {}) =>
  json(status, { error: { code, message: code, ...more } });
const drop: Respond = (response) => response.destroy();
const accepted: Respond = json(200, { accepted: ["l1"] });

const LIKE = { kind: "like", id: "l1" };

describe("a request is repeated", () => {
  test.each([
    ["the gateway is overloaded", refused(503, "overloaded")],
    ["no answer of a dispatcher arrived", refused(504, "timeout")],
    ["the connection is lost", drop],
    ["a proxy reaches no gateway", (response) => void response.writeHead(502).end("<html>")],
  ] as [string, Respond][])("when %s, with the same event id", async (_, failure) => {
    const { bodies, video } = await standIn(failure, accepted);
    await video().publish({ kind: "like" });
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toEqual(bodies[1]);
    expect(bodies[0]).toMatchObject({ kind: "like", id: expect.stringMatching(/^[\w-]{36}$/) });
  });

  test("when no answer arrives in time", async () => {
    const { bodies, video } = await standIn(() => undefined, accepted);
    expect(await video({ timeoutMs: 500 }).publish(LIKE)).toEqual({ id: "l1" });
    // On a busy machine, a repeat may be late too.
    expect(bodies.length).toBeGreaterThan(1);
  });

  test("of a list, only with what was not accepted yet", async () => {
    const first = json(504, {
      error: { code: "timeout", message: "…" },
      accepted: ["a", null],
      seqs: [7, null],
      refused: [{ index: 1, code: "denied", message: "no" }],
    });
    const { bodies, video } = await standIn(first, json(200, { accepted: ["c"], seqs: [9] }));
    const outcomes = await video().publishAll(
      ["a", "b", "c"].map((id) => ({ kind: "comment", id })),
    );
    expect(outcomes).toMatchObject([
      { id: "a", seq: 7 },
      { id: "b", error: { code: "denied" } },
      { id: "c", seq: 9 },
    ]);
    expect(bodies[1]).toEqual([{ kind: "comment", id: "c" }]);
  });

  test("not before the gateway's time is over, as its error or its header says", async () => {
    for (const busy of [
      refused(429, "rate_limited", { retryAfterMs: 300 }),
      json(503, { error: { code: "history_busy", message: "…" } }, { "Retry-After": "1" }),
    ]) {
      const { video } = await standIn(busy, accepted);
      const begun = performance.now();
      await video().publish(LIKE);
      expect(performance.now() - begun).toBeGreaterThan(290);
    }
  });
});

describe("a request is not repeated", () => {
  test.each([
    ["the gateway refuses it for good", refused(403, "forbidden"), "forbidden", {}],
    ["a newer gateway has a code that is unknown", refused(500, "new"), "new", {}],
    [
      "it is told to come back too late",
      refused(429, "rate_limited", { retryAfterMs: 40_000 }),
      "rate_limited",
      {},
    ],
    ["waitMs is 0", refused(503, "overloaded"), "overloaded", { waitMs: 0 }],
    [
      "it is redirected",
      (response) => void response.writeHead(307, { Location: "/" }).end(),
      "wrong_address",
      {},
    ],
    ["what answers is no gateway", (response) => void response.end("<html>"), "wrong_address", {}],
  ] as [string, Respond, string, object][])("when %s", async (_, answer, code, options) => {
    const { bodies, video } = await standIn(answer);
    await expect(video(options).publish(LIKE)).rejects.toMatchObject({ code });
    expect(bodies).toHaveLength(1);
  });

  test("when it sets totals and may have done so", async () => {
    const { bodies, video } = await standIn(refused(504, "timeout"));
    await expect(video().setTotals({ like: 1 })).rejects.toMatchObject({ code: "timeout" });
    expect(bodies).toHaveLength(1);
  });
});

test("a token that can't be had is an error of its own, and is asked for again", async () => {
  const { video } = await standIn(accepted);
  let isDown = true;
  const token = () => {
    if (isDown) throw new Error("the vault is closed");
    return "a-token";
  };
  const launch = video({ token });
  await expect(launch.publish(LIKE)).rejects.toMatchObject({ code: "token_unavailable" });
  isDown = false;
  await launch.publish(LIKE);
});

test("requests that follow each other use the same connections", async () => {
  const { connections, video } = await standIn(accepted);
  const launch = video();
  for (let count = 0; count < 10; count += 1) await launch.publish(LIKE);
  // The next one may begin before the last one's is seen to be free.
  expect(connections.size).toBeLessThan(5);
});

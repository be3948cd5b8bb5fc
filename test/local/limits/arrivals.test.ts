/** Viewers that connect faster than a gateway accepts them, and clients of a draining gateway. */
import { Agent, request } from "node:http";
import { afterEach, expect, test } from "vitest";
import { attemptConnect } from "../../support/connect-attempt.ts";
import { eventually } from "../../support/eventually.ts";
import { postBytes } from "../../support/raw.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { TestEventStream, watch } from "../../support/viewer.ts";

let stack: TestStack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

test("too many viewers at once are told when to retry, each at its own time; the others keep watching", async () => {
  // So slow that no second viewer is accepted while the test runs.
  stack = await TestStack.start({ gateway: { connectionsPerSecond: 1 } });
  const { gateway } = stack;
  const viewer = await watch("msgpack", gateway.port, "premiere");
  const attempts = await Promise.all(
    Array.from({ length: 40 }, () => attemptConnect(gateway.port)),
  );
  const refused = attempts.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThanOrEqual(30);
  const waits = refused.map(({ headers }) => Number(headers["retry-after"]));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...waits)).toBeLessThanOrEqual(10);
  expect(new Set(waits).size).toBeGreaterThan(5);
  expect(await metric(gateway, "ovation_gateway_arrivals_postponed_total")).toBe(refused.length);

  // An EventSource gives up for good on any status but 200.
  const stream = await TestEventStream.open(gateway.port, "premiere");
  await stream.until(() => stream.isEnded);
  expect(stream.response.statusCode).toBe(200);
  expect(stream.messages).toMatchObject([
    { op: "error", code: "overloaded", limit: 1, retryAfterMs: stream.retryMs },
  ]);
  expect((await postBytes(gateway.port, "premiere", '{"kind":"like"}')).status).toBe(200);
  await viewer.until(() => viewer.total("premiere", "like") === 1);
  await viewer.close();
});

/** A request on a keep-alive connection; returns the response's status and `Connection` header. */
async function requestOn(agent: Agent, port: number, method: string, path: string, body = "") {
  return await new Promise<{ status: number; connection: string }>((resolve, reject) => {
    const headers = { "Content-Type": "application/json", Accept: "*/*" };
    const sent = request({ agent, port, host: "127.0.0.1", method, path, headers }, (response) => {
      const { statusCode: status = 0, headers: answered } = response;
      response.resume();
      response.on("end", () => resolve({ status, connection: answered.connection ?? "" }));
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

test("while a gateway drains, a publish on a keep-alive connection is accepted, as its last request", async () => {
  stack = await TestStack.start({ gateways: 2, gateway: { connectionsPerSecond: 20 } });
  const [leaving, other] = [stack.gatewayAt(0), stack.gatewayAt(1)];
  const viewer = await watch("msgpack", other.port, "premiere");
  // They keep the drain busy for a while: ten leave per second.
  const staying = await Promise.all(
    Array.from({ length: 15 }, () => watch("msgpack", leaving.port, "premiere")),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const events = "/v1/videos/premiere/events";
  const like = '{"kind":"like"}';
  const before = await requestOn(agent, leaving.port, "POST", events, like);
  expect(before).toMatchObject({ status: 200, connection: "keep-alive" });
  const drained = leaving.drain();
  await eventually(
    async () => (await metric(leaving, "ovation_gateway_departures_per_second")) > 0,
  );
  const during = await requestOn(agent, leaving.port, "POST", events, like);
  expect(during).toMatchObject({ status: 200, connection: "close" });
  await expect(requestOn(agent, leaving.port, "POST", events, like)).rejects.toThrow(
    "ECONNREFUSED",
  );
  await viewer.until(() => viewer.total("premiere", "like") === 2);
  await Promise.all(staying.map((socket) => socket.close()));
  await drained;
  agent.destroy();
  await viewer.close();
});

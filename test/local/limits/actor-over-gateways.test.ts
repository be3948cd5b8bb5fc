/** The actor of a token has one limit over all gateways and wires. */

import { expect, test } from "vitest";
import { SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { useTestStack } from "../../support/use-test-stack.ts";
import { TestSocket } from "../../support/viewer.ts";

const PER_SECOND = 5;
const BURST = 5 * PER_SECOND;
const GATEWAYS = 3;
const PAUSE_MS = 20;
const ROUNDS = 100;
/** How often gateways report to each other. */
const REPORT_MS = 250;

const stack = useTestStack({
  gateways: GATEWAYS,
  gateway: { open: false, authSecret: SECRET, actorPublishesPerSecond: PER_SECOND },
});

/** Publishes as many as an idle actor may. */
async function publishBurst(port: number, token: string, kind: string) {
  const response = await fetch(`http://127.0.0.1:${port}/v1/videos/launch/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(Array.from({ length: BURST }, () => ({ kind }))),
  });
  return response.status;
}

test("an actor that publishes at three gateways at once gets little more than its limit", async () => {
  const token = await tokenOf({ ...VIEWER, sub: "anna" });
  const sockets = await Promise.all(
    stack().gateways.map(({ port }) => TestSocket.connect(port, "json", token)),
  );
  const began = performance.now();
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const fields = { video: "launch", kind: "like" };
    const answers = await Promise.all(sockets.map((socket) => socket.ask("publish", fields)));
    accepted += answers.filter(({ op }) => op === "result").length;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const seconds = (performance.now() - began) / 1_000;
  // For each further gateway: what it doesn't report yet, and what it accepts before its report.
  const unreported = (GATEWAYS - 1) * (BURST / 4 + REPORT_MS / PAUSE_MS);
  expect(accepted).toBeGreaterThanOrEqual(BURST);
  expect(accepted).toBeLessThanOrEqual(BURST + PER_SECOND * seconds + unreported);

  // What it has spent over WebSockets is spent for HTTP too; other actors are not affected.
  const { port } = stack().gateway;
  expect(await publishBurst(port, token, "like")).toBe(429);
  expect(await publishBurst(port, token, "comment")).toBe(429);
  const other = await tokenOf({ ...VIEWER, sub: "berta" });
  expect(await publishBurst(port, other, "like")).toBe(200);
  await Promise.all(sockets.map((socket) => socket.close()));
});

/** At a full gateway, the client moves to the next one. */
import { afterEach, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";
import { client, connected, statesOf } from "./support/client.ts";

let stack: TestStack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

test("it waits as long as the gateway asked, then connects to the next one over a WebSocket", async () => {
  stack = await TestStack.start({ gateway: { connectionsLimit: 1 } });
  const full = stack.gateway;
  const other = await stack.addGateway();
  const occupant = await TestSocket.connect(full.port);
  const ovation = client([full, other].map(({ port }) => `http://127.0.0.1:${port}`));
  const states = statesOf(ovation);
  ovation.connect();
  await connected(ovation);
  const away = states.all.find(({ name }) => name === "reconnecting");
  expect(away).toMatchObject({
    attempt: 1,
    reason: { message: expect.stringContaining("1013, full") },
  });
  if (away?.name !== "reconnecting") throw new Error("it was admitted");
  // Its own backoff is at most 200 ms.
  expect(away.waitMs).toBeGreaterThanOrEqual(1_000);
  expect(away.waitMs).toBeLessThanOrEqual(5_000);
  expect(states.all.at(-1)).toMatchObject({ name: "connected", via: "websocket" });
  expect(occupant.closed).toBeUndefined();
  await occupant.close();
});

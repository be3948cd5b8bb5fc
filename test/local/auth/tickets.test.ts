/** Tickets, with which an `EventSource` authenticates. */

import { expect, test } from "vitest";
import { inSeconds, SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { useTestStack } from "../../support/use-test-stack.ts";
import { post, TestEventStream } from "../../support/viewer.ts";

const stack = useTestStack({
  gateways: 2,
  gateway: { open: false, authSecret: SECRET, authTicketMs: 1_000, authRefreshGraceMs: 100 },
});

async function ticketFor(token: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${stack().gateway.port}/v1/tickets`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  const body = (await response.json()) as { readonly ticket: string; readonly expiresInMs: number };
  expect(body.expiresInMs).toBe(1_000);
  return body.ticket;
}

async function statusOf(gateway: number, ticket: string, video = "launch"): Promise<number> {
  const { port } = stack().gatewayAt(gateway);
  const response = await fetch(
    `http://127.0.0.1:${port}/v1/videos/${video}/events?ticket=${ticket}`,
  );
  await response.body?.cancel();
  return response.status;
}

test("a ticket opens one stream, at any gateway, and no other after it", async () => {
  const token = await tokenOf(VIEWER);
  const query = `?ticket=${await ticketFor(token)}`;
  const { port } = stack().gatewayAt(1);
  const stream = await TestEventStream.open(port, "launch", { query });
  await post(stack().gateway.port, "launch", { kind: "comment", id: "c1" }, token);
  await stream.until(() => stream.of("launch", "comment").length === 1);
  for (const gateway of [0, 1]) expect(await statusOf(gateway, query.slice(8))).toBe(401);
  stream.close();
});

test("of several clients that use it at once, at different gateways, one succeeds", async () => {
  const ticket = await ticketFor(await tokenOf(VIEWER));
  const statuses = await Promise.all(
    [0, 1, 0, 1, 0, 1].map((gateway) => statusOf(gateway, ticket)),
  );
  expect(statuses.toSorted()).toEqual([200, 401, 401, 401, 401, 401]);
});

test("a ticket covers what its token covers", async () => {
  const token = await tokenOf({ ...VIEWER, videos: ["launch"] });
  expect(await statusOf(0, await ticketFor(token), "other")).toBe(403);
});

test("a ticket is valid only for a stream", async () => {
  const ticket = await ticketFor(await tokenOf(VIEWER));
  const url = `http://127.0.0.1:${stack().gateway.port}/v1/videos/launch/history`;
  expect((await fetch(`${url}?ticket=${ticket}`)).status).toBe(401);
  const headers = { authorization: `Bearer ${ticket}` };
  expect((await fetch(url, { headers })).status).toBe(401);
});

test("a stream opened with a ticket ends with the token that the ticket was issued for", async () => {
  const ticket = await ticketFor(await tokenOf({ ...VIEWER, exp: inSeconds(0.5) }));
  const stream = await TestEventStream.open(stack().gateway.port, "end", {
    query: `?ticket=${ticket}`,
  });
  await stream.until(() => stream.isEnded);
  expect(stream.messages.at(-1)).toMatchObject({ code: "token_expired" });
});

test("an old ticket is refused", async () => {
  const ticket = await ticketFor(await tokenOf(VIEWER));
  // It expires by the gateway's clock, whatever time the test takes.
  const until = Date.now() + 1_100;
  await new Promise((resolve) => setTimeout(resolve, until - Date.now()));
  expect(await statusOf(0, ticket)).toBe(401);
});

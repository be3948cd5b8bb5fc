/** A client and an operator speak of the same request by its id, and the log says why a token was refused. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moderatedStack } from "../support/moderation.ts";
import { TestStack } from "../support/stack.ts";
import { inSeconds, tokenOf, VIEWER } from "../support/tokens.ts";
import { TestSocket } from "../support/viewer.ts";

let stack: TestStack;
const logged: Record<string, unknown>[] = [];
beforeAll(async () => {
  const write = (line: string) => void logged.push(JSON.parse(line));
  stack = await TestStack.start(
    moderatedStack({ gatewayLog: pino({ level: "debug" }, { write }) }),
  );
});
afterAll(async () => await stack?.stop());

async function ask(path: string, headers: Record<string, string>) {
  const response = await fetch(`http://127.0.0.1:${stack.gateway.port}${path}`, { headers });
  const body = (await response.json()) as { error?: { code: string; requestId: string } };
  return { headers: response.headers, id: response.headers.get("x-request-id"), error: body.error };
}

/** Other parts of the gateway log too. */
const refusals = () => logged.filter(({ msg }) => msg === "a token was refused");
const why = () => refusals().map(({ wire, code, reason }) => [wire, code, reason]);

test("an answer has the client's request id, or a new one; the body of an error too", async () => {
  const given = await ask("/v1/ping", { "x-request-id": "order-7/a:b" });
  expect(given.id).toBe("order-7/a:b");
  const { id, error } = await ask("/v1/nothing", { "x-request-id": "two words" });
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(error).toMatchObject({ code: "not_found", requestId: id });
});

test("no answer names the library that serves it", async () => {
  const { headers } = await ask("/v1/ping", {});
  expect([...headers.keys()].filter((name) => /server|powered|uweb/i.test(name))).toEqual([]);
});

test("the reason of a refused token is logged at debug, with the request's id and without the token", async () => {
  const expired = await tokenOf({ ...VIEWER, exp: inSeconds(-60) });
  const forged = await tokenOf(VIEWER, {
    key: Buffer.from("another secret, which is long enough"),
  });
  for (const token of [expired, forged, "key-that-nobody-has-been-given-here"]) {
    const { id } = await ask("/v1/ping", { authorization: `Bearer ${token}` });
    expect(refusals().at(-1)).toMatchObject({ requestId: id });
  }
  const socket = await TestSocket.open(stack.gateway.port);
  await socket.ask("connect", { token: forged });
  expect(why()).toEqual([
    ["http", "token_expired", '"exp" claim timestamp check failed'],
    ["http", "token_refused", "no key fits"],
    ["http", "token_refused", "the API key is none of those configured"],
    ["websocket", "token_refused", "no key fits"],
  ]);
  for (const token of [expired, forged]) expect(JSON.stringify(logged)).not.toContain(token);
  await socket.close();
});

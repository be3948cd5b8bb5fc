/** Commands, over HTTP and over NATS: who may send them, and what is refused before one is carried out. */
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectTo, PATIENCE } from "../support/nats-users.ts";
import { useTestStack } from "../support/use-test-stack.ts";

const stack = useTestStack();
let publisher: NatsConnection;
beforeAll(async () => {
  publisher = await connectTo(stack().nats.url, "publisher");
});
afterAll(async () => await publisher?.close());

async function put(path: string, body: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(`http://127.0.0.1:${stack().gateway.port}${path}`, {
    method: "PUT",
    headers: { "Content-Type": "application/json", ...headers },
    body,
  });
  const { error } = (await answer.json()) as { error: { code: string; field?: string } };
  return [answer.status, error.code, error.field];
}

async function command(target: string, body: string) {
  const answer = await publisher.request(`ov.command.${target}`, body, PATIENCE);
  const { error } = answer.json<{ error: { code: string; field?: string } }>();
  return [error.code, error.field];
}

test.each([
  ["{", [400, "body_malformed", undefined]],
  ["[]", [400, "field_invalid", undefined]],
  ['{"totals": []}', [400, "field_invalid", "totals"]],
  ['{"totals": {"like": -1}}', [400, "field_invalid", "totals.like"]],
  ['{"totals": {"like": 9007199254740992}}', [400, "field_invalid", "totals.like"]],
  ['{"totals": {"like": 1.5}}', [400, "field_invalid", "totals.like"]],
])("over HTTP, the body %s is refused, and the error names the field", async (body, expected) => {
  expect(await put("/v1/videos/match/totals", body)).toEqual(expected);
});

test("over HTTP, a body of another type, an invalid video and another method are refused", async () => {
  const plain = { "Content-Type": "text/plain" };
  expect(await put("/v1/videos/match/totals", "{}", plain)).toEqual([
    415,
    "content_type_unsupported",
    "Content-Type",
  ]);
  expect(await put("/v1/videos/a.b/totals", "{}")).toEqual([400, "video_invalid", "video"]);
  expect(await put("/v1/videos/match/history", "{}")).toEqual([
    405,
    "method_not_allowed",
    undefined,
  ]);
});

test.each([
  ["match", "{", ["body_malformed", undefined]],
  ["match", "[1]", ["field_invalid", "op"]],
  ["match", '{"op": "other"}', ["op_unknown", "op"]],
  ["match", '{"op": "totals.set", "totals": {"like": -1}}', ["field_invalid", "totals.like"]],
  ["~", '{"op": "totals.set", "totals": {}}', ["video_invalid", "video"]],
  ["a$b", '{"op": "totals.set", "totals": {}}', ["video_invalid", "video"]],
])("over NATS, the command for %s with %s is refused", async (target, body, expected) => {
  expect(await command(target, body)).toEqual(expected);
});

/** Secrets are replaced one after the other, while clients hold the old ones: nobody is refused. */
import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { fileWith, SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { post, TestEventStream, TestSocket } from "../../support/viewer.ts";

const NEXT_SECRET = "the next secret, which is long enough as well";
const keyNamed = (name: string) => `${name}-key-of-a-backend-with-enough-characters`;
const entryOf = (name: string) => ({
  name,
  sha256: createHash("sha256").update(keyNamed(name)).digest("hex"),
});

let stack: TestStack;
let file: string;
beforeAll(async () => {
  file = fileWith(JSON.stringify([entryOf("old")]));
  const auth = { authSecret: SECRET, authApiKeysFile: file };
  stack = await TestStack.start({ gateway: { open: false, ...auth } });
});
afterAll(() => stack?.stop());

async function statusWith(token: string): Promise<number> {
  return (await post(stack.gateway.port, "any", { kind: "like" }, token)).status;
}

/** As editors and Kubernetes do it. */
function replace(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

test("API keys are read again when their file changes: a new one counts, a removed one does not", async () => {
  expect(await statusWith(keyNamed("old"))).toBe(200);
  expect(await statusWith(keyNamed("new"))).toBe(401);
  replace(JSON.stringify([entryOf("old"), entryOf("new")]));
  await eventually(async () => (await statusWith(keyNamed("new"))) === 200);
  expect(await statusWith(keyNamed("old"))).toBe(200);

  replace("[{");
  await eventually(
    async () => (await metric(stack.gateway, "ovation_gateway_api_keys_failures_total")) > 0,
  );
  expect(await statusWith(keyNamed("new"))).toBe(200);

  replace(JSON.stringify([entryOf("new")]));
  await eventually(async () => (await statusWith(keyNamed("old"))) === 401);
  expect(await statusWith(keyNamed("new"))).toBe(200);
});

test("connections of a removed key are closed with token_refused, others get what their key allows now", async () => {
  const { port } = stack.gateway;
  const reloads = () => metric(stack.gateway, "ovation_gateway_api_keys_reloads_total");
  const readAgain = async (...entries: object[]) => {
    const before = await reloads();
    replace(JSON.stringify(entries));
    await eventually(async () => (await reloads()) > before);
  };
  const narrowed = { ...entryOf("narrowed"), videos: ["launch", "other"] };
  await readAgain(entryOf("removed"), narrowed, entryOf("renamed"), entryOf("kept"));
  const socketOf = async (name: string) => {
    const socket = await TestSocket.connect(port, "json", keyNamed(name));
    await socket.ask("subscribe", { video: "other" });
    return socket;
  };
  const [removed, loses, renamed, kept] = await Promise.all(
    ["removed", "narrowed", "renamed", "kept"].map(socketOf),
  );
  const streamOf = (name: string) => TestEventStream.open(port, "other", { token: keyNamed(name) });
  const [removedStream, losingStream, keptStream] = await Promise.all(
    ["removed", "narrowed", "kept"].map(streamOf),
  );
  const ticketOf = async (name: string) => {
    const headers = { Authorization: `Bearer ${keyNamed(name)}` };
    const answer = await fetch(`http://127.0.0.1:${port}/v1/tickets`, { method: "POST", headers });
    return `?ticket=${((await answer.json()) as { ticket: string }).ticket}`;
  };
  const byTicket = await TestEventStream.open(port, "other", { query: await ticketOf("removed") });
  const unused = await ticketOf("removed");

  const moved = { ...entryOf("renamed"), actor: "anna" };
  await readAgain({ ...narrowed, videos: ["launch"] }, moved, entryOf("kept"));
  for (const socket of [removed, renamed]) {
    expect(await socket?.untilClosed()).toEqual({ code: 4403, reason: "token_refused" });
    expect(socket?.messages.at(-1)).toMatchObject({ op: "error", id: 0, code: "token_refused" });
  }
  for (const stream of [removedStream, losingStream, byTicket]) {
    await stream?.until(() => stream.isEnded);
    expect(stream?.messages.at(-1)).toMatchObject({ op: "error", id: 0, code: "token_refused" });
  }
  const lost = { op: "unsubscribed", video: "other", code: "forbidden" };
  expect(
    await loses?.until(() => loses.messages.find(({ op }) => op === "unsubscribed")),
  ).toMatchObject(lost);
  expect(await loses?.ask("subscribe", { video: "launch" })).toMatchObject({ op: "result" });
  expect(await loses?.ask("subscribe", { video: "other" })).toMatchObject({ code: "forbidden" });
  const late = await fetch(`http://127.0.0.1:${port}/v1/videos/other/events${unused}`, {
    headers: { Accept: "text/event-stream" },
  });
  expect(late.status).toBe(401);

  await post(port, "other", { kind: "like" }, keyNamed("kept"));
  for (const viewer of [kept, keptStream]) {
    await viewer?.until(() => viewer.total("other", "like") === 1);
  }
  expect(kept?.closed).toBeUndefined();
  keptStream?.close();
  await Promise.all([loses?.close(), kept?.close()]);
});

test("with a second secret, tokens of both are accepted", async () => {
  const claims = { ...VIEWER, publish: ["like"] };
  const [old, next] = await Promise.all(
    [SECRET, NEXT_SECRET].map((key) => tokenOf(claims, { key: Buffer.from(key) })),
  );
  const gateway = await stack.addGateway({ authSecondSecret: NEXT_SECRET });
  for (const token of [old, next]) {
    expect((await post(gateway.port, "launch", { kind: "like" }, token)).status).toBe(200);
  }
  expect((await post(stack.gateway.port, "launch", { kind: "like" }, next)).status).toBe(401);
});

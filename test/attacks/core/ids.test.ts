/** Nobody can take another's event id, answer another's publish with it, or make it delete another event. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stored } from "../../support/guarantee-stack.ts";
import { connectTo } from "../../support/nats-users.ts";
import { TestStack } from "../../support/stack.ts";
import { fileWith, SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { post, TestSocket } from "../../support/viewer.ts";

const KEYS = { shop: `shop-${"0".repeat(40)}`, news: `news-${"0".repeat(40)}` };
const apiKeys = Object.entries(KEYS).map(([name, key]) => ({
  name,
  sha256: createHash("sha256").update(key).digest("hex"),
  scopes: ["any-actor", "moderate"],
}));
const KINDS = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", schema: {} },
] as const;

let guarded: TestStack;
let open: TestStack;
let tokens: { readonly anna: string; readonly mallory: string; readonly nobody: string };
beforeAll(async () => {
  const settings = { kinds: KINDS };
  [guarded, open] = await Promise.all([
    TestStack.start({
      gateways: 2,
      dispatchers: 2,
      gateway: {
        ...settings,
        open: false,
        authSecret: SECRET,
        authApiKeysFile: fileWith(JSON.stringify(apiKeys)),
      },
      dispatcher: settings,
    }),
    TestStack.start({ gateways: 2, dispatchers: 2, gateway: settings, dispatcher: settings }),
  ]);
  tokens = {
    anna: await tokenOf(VIEWER),
    mallory: await tokenOf({ ...VIEWER, sub: "mallory" }),
    nobody: await tokenOf({ ...VIEWER, sub: undefined }),
  };
});
afterAll(async () => {
  await Promise.all([guarded?.stop(), open?.stop()]);
});

interface Outcome {
  readonly code: string | undefined;
  readonly field: unknown;
  readonly id: unknown;
  readonly seq: unknown;
}

interface Given {
  readonly kind: string;
  readonly id?: string;
  readonly data?: unknown;
}

type Wire = "http" | "websocket";
const WIRES: readonly Wire[] = ["http", "websocket"];

/** Publishes over any wire, through the gateway of this number. */
async function publish(
  stack: TestStack,
  at: number,
  wire: Wire,
  video: string,
  { kind, id, data }: Given,
  token?: string,
): Promise<Outcome> {
  const { port } = stack.gatewayAt(at);
  if (wire === "http") {
    const { body } = await post(port, video, { kind, id, data }, token);
    const { error, accepted, seqs } = body as {
      readonly error?: { readonly code: string; readonly field?: string };
      readonly accepted?: readonly string[];
      readonly seqs?: readonly number[];
    };
    return { code: error?.code, field: error?.field, id: accepted?.[0], seq: seqs?.[0] };
  }
  const socket = await TestSocket.connect(port, "json", token);
  const fields = { video, kind, ...(data === undefined ? {} : { data }) };
  const answer = await socket.ask(
    "publish",
    id === undefined ? fields : { ...fields, eventId: id },
  );
  await socket.close();
  const { code, field, eventId, seq } = answer as Readonly<Record<string, unknown>>;
  return { code: code as string | undefined, field, id: eventId, seq };
}

async function watchAs(video: string, token: string): Promise<TestSocket> {
  const socket = await TestSocket.connect(guarded.gateway.port, "json", token);
  expect(await socket.ask("subscribe", { video })).toMatchObject({ op: "result" });
  return socket;
}

async function remove(stack: TestStack, video: string, id: string, token?: string) {
  const url = `http://127.0.0.1:${stack.gateway.port}/v1/videos/${video}/events/${id}`;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "DELETE", headers });
  return { status: response.status, body: (await response.json()) as { readonly seq?: number } };
}

async function storedIds(video: string): Promise<string[]> {
  const url = `http://127.0.0.1:${guarded.gateway.port}/v1/videos/${video}/history`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${tokens.anna}` } });
  const { events } = (await response.json()) as { events: { id: string }[] };
  return events.map(({ id }) => id);
}

describe.each(WIRES)("over %s", (wire) => {
  test("an id belongs to the publisher who used it first, at every gateway", async () => {
    const publishers = [tokens.anna, tokens.mallory, tokens.nobody, KEYS.shop, KEYS.news];
    for (const [index, owner] of publishers.entries()) {
      const video = `owner-${wire}-${index}`;
      const event = { kind: "comment", id: `order-${index}`, data: { text: `by ${index}` } };
      const first = await publish(guarded, 0, wire, video, event, owner);
      expect(first).toMatchObject({ code: undefined, id: event.id, seq: expect.any(Number) });
      for (const [at, other] of publishers.entries()) {
        if (other === owner) continue;
        const own = { ...event, data: { text: "my own" } };
        const taken = await publish(guarded, at, wire, video, own, other);
        expect(taken, `${index} by ${at}`).toMatchObject({
          code: "event_id_taken",
          field: wire === "http" ? "id" : "eventId",
        });
      }
      for (const at of [0, 1]) {
        expect(await publish(guarded, at, wire, video, event, owner)).toEqual(first);
      }
    }
  });

  test("an id that Ovation made is nobody else's, and tells nothing of the next", async () => {
    const video = `made-${wire}`;
    const made: string[] = [];
    for (const text of ["a", "b", "c"]) {
      const { id } = await publish(
        guarded,
        0,
        wire,
        video,
        { kind: "comment", data: text },
        tokens.anna,
      );
      made.push(String(id));
    }
    for (const id of made) {
      expect(id).toMatch(/^[A-Za-z0-9_-]{20}$/);
      const taken = { kind: "comment", id, data: "mine" };
      const answer = await publish(guarded, 1, wire, video, taken, tokens.mallory);
      expect(answer.code).toBe("event_id_taken");
    }
    // No two have a beginning or an end in common.
    expect(new Set(made.map((id) => id.slice(0, 6))).size).toBe(made.length);
    expect(new Set(made.map((id) => id.slice(-6))).size).toBe(made.length);
  });

  test("the id of a like that Ovation made can't be given", async () => {
    const video = `likes-${wire}`;
    const viewer = await watchAs(video, tokens.anna);
    await guarded.mirrored(video, 1);
    const { id } = await publish(guarded, 0, wire, video, { kind: "like" }, tokens.anna);
    await viewer.until(() => viewer.of(video, "like").some((like) => like.id === id));
    for (const kind of ["like", "comment"]) {
      const given = { kind, id: String(id) };
      const answer = await publish(guarded, 1, wire, video, given, tokens.mallory);
      expect(answer.code).toBe("event_id_invalid");
    }
    await viewer.close();
  });

  test("a like is shown whoever used its id before, and its repeat is not", async () => {
    const video = `liked-${wire}`;
    const viewer = await watchAs(video, tokens.anna);
    await guarded.mirrored(video, 1);
    const like = { kind: "like", id: "order-1" };
    for (const token of [tokens.mallory, tokens.anna, KEYS.shop, tokens.anna, tokens.mallory]) {
      expect((await publish(guarded, 0, wire, video, like, token)).code).toBeUndefined();
    }
    await publish(guarded, 0, wire, video, { kind: "comment", id: "end" }, tokens.anna);
    await viewer.until(() => viewer.of(video, "comment").length > 0);
    const shown = viewer.of(video, "like");
    expect(shown.map(({ id, actor }) => [id, actor])).toEqual([
      ["order-1", "mallory"],
      ["order-1", "anna"],
      ["order-1", undefined],
    ]);
    await viewer.close();
  });
});

describe("a publisher without a name", () => {
  test("repeats its event after a reconnect, through any gateway; other content is refused", async () => {
    const event = { kind: "comment", id: "R4nd0m", data: { text: "hello", at: [1, 2.5, null] } };
    const first = await publish(open, 0, "websocket", "launch", event);
    expect(first.code).toBeUndefined();
    for (const wire of WIRES) {
      for (const at of [0, 1]) {
        expect(await publish(open, at, wire, "launch", event)).toEqual(first);
        for (const other of [{ data: { text: "hi" } }, { data: undefined }]) {
          const answer = await publish(open, at, wire, "launch", { ...event, ...other });
          expect(answer.code).toBe("event_id_taken");
        }
      }
    }
    expect(await stored(open.gateway, "launch")).toHaveLength(1);
  });
});

test("a list is refused as a whole for an id of somebody else's, and none of it is stored", async () => {
  const video = "list";
  await publish(guarded, 0, "http", video, { kind: "comment", id: "x" }, tokens.anna);
  const list = ["a", "b", "x", "c"].map((id) => ({ kind: "comment", id }));
  const { status, body } = await post(guarded.gateway.port, video, list, KEYS.shop);
  expect(status).toBe(409);
  expect(body).toMatchObject({ error: { code: "event_id_taken", field: "events[2].id" } });
  for (const id of ["a", "b", "c"]) {
    const { code } = await publish(guarded, 1, "http", video, { kind: "comment", id }, tokens.anna);
    expect(code).toBeUndefined();
  }
});

test("what one connection sends behind a taken id is stored", async () => {
  const video = "behind";
  await publish(guarded, 0, "http", video, { kind: "comment", id: "b2" }, tokens.anna);
  const socket = await TestSocket.connect(guarded.gateway.port, "json", tokens.mallory);
  const ids = ["b1", "b2", "b3", "b4"];
  const answers = await Promise.all(
    ids.map((eventId) => socket.ask("publish", { video, kind: "comment", eventId })),
  );
  expect(answers.map(({ op }) => op)).toEqual(["result", "error", "result", "result"]);
  await socket.close();
});

test("a service over NATS repeats what it sent; another event under the id is refused", async () => {
  const connection = await connectTo(guarded.nats.url, "publisher");
  const ask = async (event: object) => {
    const { data } = await connection.request("ov.publish.service", JSON.stringify(event));
    return JSON.parse(Buffer.from(data).toString()) as object;
  };
  const event = { kind: "comment", id: "s1", actor: "bot", data: { n: 1 } };
  const first = await ask(event);
  expect(first).toMatchObject({ accepted: ["s1"] });
  expect(await ask(event)).toEqual(first);
  expect(await ask({ ...event, data: { n: 2 } })).toMatchObject({
    error: { code: "event_id_taken", field: "id" },
  });
  await connection.close();
});

describe("an id stays taken while its event is kept", () => {
  test("by dispatchers that started later, and after the event was deleted", async () => {
    const video = "kept";
    const event = { kind: "comment", id: "k1", data: "first" };
    const first = await publish(guarded, 0, "http", video, event, tokens.anna);
    const stranger = { ...event, data: "stranger" };
    for (const dispatcher of guarded.dispatchers.splice(0)) {
      await guarded.addDispatcher();
      await dispatcher.stop();
    }
    const takes = () => publish(guarded, 0, "http", video, stranger, tokens.mallory);
    expect((await takes()).code).toBe("event_id_taken");
    expect(await publish(guarded, 0, "http", video, event, tokens.anna)).toEqual(first);
    const deleted = await remove(guarded, video, "k1", KEYS.shop);
    expect(deleted.status).toBe(200);
    for (const dispatcher of guarded.dispatchers.splice(0)) {
      expect((await takes()).code).toBe("event_id_taken");
      // Its own publisher is answered as before, and it does not come back.
      expect(await publish(guarded, 0, "http", video, event, tokens.anna)).toEqual(first);
      expect(await remove(guarded, video, "k1", KEYS.shop)).toEqual(deleted);
      await guarded.addDispatcher();
      await dispatcher.stop();
    }
    expect(await storedIds(video)).toEqual([]);
  });
});

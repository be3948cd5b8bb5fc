/** An event stream in pieces: polls with complete responses, and a viewer that stays connected. */
import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, expect, test } from "vitest";
import { metric, TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";

let stack: TestStack;
/** Polls once, at the start. */
let leaver: Promise<Response>;
beforeAll(async () => {
  stack = await TestStack.start({ gateways: 2, gateway: { lingerMs: 0, countIntervalMs: 50 } });
  leaver = new Poller("leaves").poll(0);
  await stack.mirrored("leaves", 1);
});
afterAll(async () => await stack?.stop());

interface Message {
  readonly op: string;
  readonly next?: string;
  readonly recovered?: boolean;
  readonly counts?: Readonly<Record<string, number>>;
  readonly events?: readonly { readonly id: string; readonly kind: string }[];
}

/** One viewer that polls, at any gateway. */
class Poller {
  readonly messages: Message[] = [];
  #next: string | undefined;
  #position: string | undefined;
  readonly #video: string;

  constructor(video: string) {
    this.#video = video;
  }

  async poll(waitMs: number, gateway = 0, isLost = false): Promise<Response> {
    const response = await this.#request(gateway, { wait: String(waitMs) });
    const text = await response.text();
    if (!isLost) this.#parser().feed(text);
    return response;
  }

  /** Continues with a stream, which the returned controller ends. */
  async stream(): Promise<AbortController> {
    const controller = new AbortController();
    const { body } = await this.#request(0, {}, controller.signal);
    const parser = this.#parser();
    const decoder = new TextDecoder();
    const read = async () => {
      for await (const bytes of body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
    };
    // It ends by an error when it is aborted.
    read().catch(() => undefined);
    return controller;
  }

  async #request(
    gateway: number,
    query: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Response> {
    const search = new URLSearchParams(query);
    if (this.#next !== undefined) search.set("poll", this.#next);
    if (this.#position !== undefined) search.set("after", this.#position);
    const origin = `http://127.0.0.1:${stack.gatewayAt(gateway).port}`;
    const url = `${origin}/v1/videos/${this.#video}/events?${search}`;
    return await fetch(url, signal === undefined ? {} : { signal });
  }

  #parser() {
    return createParser({
      onEvent: ({ id, data }) => {
        const message = JSON.parse(data) as Message;
        this.messages.push(message);
        this.#position = id ?? this.#position;
        this.#next = message.next ?? this.#next;
      },
    });
  }

  async polled(waitMs: number, gateway = 0): Promise<this> {
    await this.poll(waitMs, gateway);
    return this;
  }

  ids(kind: string): string[] {
    const events = this.messages.flatMap((message) => message.events ?? []);
    return events.filter((event) => event.kind === kind).map(({ id }) => id);
  }

  likes(): number {
    const frames = this.messages.filter(({ op }) => op === "events");
    const likesOf = ({ counts, events = [] }: Message) =>
      counts === undefined
        ? events.filter(({ kind }) => kind === "like").length
        : (counts["like"] ?? 0);
    return frames.reduce((sum, frame) => sum + likesOf(frame), 0);
  }
}

async function comment(video: string, id: string): Promise<void> {
  expect((await post(stack.gatewayAt(1).port, video, { kind: "comment", id })).status).toBe(200);
}

test("an answer has a length, names the next poll, and contains the first message", async () => {
  const poller = new Poller("first");
  const response = await poller.poll(0);
  expect(response.headers.get("content-length")).not.toBeNull();
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(poller.messages[0]).toMatchObject({ op: "result" });
  expect(poller.messages.at(-1)).toMatchObject({ op: "poll", next: expect.any(String) });
});

test("a poll waits for an event, and no longer than it says", async () => {
  const poller = new Poller("waits");
  await poller.poll(0);
  await stack.mirrored("waits", 1);
  // The first viewer count may arrive separately.
  await poller.poll(300);
  const begun = performance.now();
  await poller.poll(300);
  expect(performance.now() - begun).toBeGreaterThan(250);
  const waiting = poller.poll(30_000);
  await comment("waits", "c1");
  await waiting;
  while (poller.ids("comment").length === 0) await poller.poll(30_000);
  expect(poller.ids("comment")).toEqual(["c1"]);
});

test("the next poll gets what was published since the last: each comment once, likes in exact numbers", async () => {
  const poller = new Poller("between");
  await poller.poll(0);
  await stack.mirrored("between", 1);
  for (let round = 0; round < 3; round += 1) {
    await comment("between", `c${round}`);
    await post(stack.gatewayAt(1).port, "between", [{ kind: "like" }, { kind: "like" }]);
    // Until this gateway has them.
    await expect.poll(async () => (await poller.polled(0)).likes()).toBe(2 * (round + 1));
  }
  await expect.poll(async () => (await poller.polled(0)).ids("comment")).toHaveLength(3);
  expect(poller.ids("comment")).toEqual(["c0", "c1", "c2"]);
});

test("it counts as one viewer, even between its polls", async () => {
  const poller = new Poller("counted");
  const open = () => metric(stack.gatewayAt(0), "ovation_gateway_connections_opened_total");
  await poller.poll(0);
  await stack.mirrored("counted", 1);
  const opened = await open();
  for (let round = 0; round < 20; round += 1) {
    await poller.poll(0);
    expect(stack.dispatchers[0]?.routes.viewers("counted")).toBe(1);
  }
  expect(await open()).toBe(opened);
});

test("a lost answer loses no comment", async () => {
  const poller = new Poller("lost");
  await poller.poll(0);
  await stack.mirrored("lost", 1);
  await comment("lost", "c1");
  await poller.poll(1_000, 0, true);
  await comment("lost", "c2");
  await expect.poll(async () => (await poller.polled(0)).ids("comment")).toHaveLength(2);
  expect(poller.ids("comment")).toEqual(["c1", "c2"]);
  expect(stack.dispatchers[0]?.routes.viewers("lost")).toBe(1);
});

test("polls that a proxy spreads over gateways miss no comment, and don't count as many viewers", async () => {
  const poller = new Poller("spread");
  await poller.poll(0);
  for (let round = 0; round < 10; round += 1) {
    await comment("spread", `c${round}`);
    await poller.poll(0, round);
  }
  await expect.poll(async () => (await poller.polled(0, 1)).ids("comment")).toHaveLength(10);
  expect(poller.ids("comment")).toEqual(Array.from({ length: 10 }, (_, index) => `c${index}`));
  expect(stack.dispatchers[0]?.routes.viewers("spread")).toBeLessThanOrEqual(2);
});

test("a stream that replaces polls begins with what was published since the last one", async () => {
  const poller = new Poller("stream");
  await poller.poll(0);
  await stack.mirrored("stream", 1);
  const opened = await metric(stack.gatewayAt(0), "ovation_gateway_connections_opened_total");
  await post(stack.gatewayAt(1).port, "stream", [{ kind: "like" }, { kind: "like" }]);
  await comment("stream", "c1");
  const stream = await poller.stream();
  await comment("stream", "c2");
  await expect.poll(() => poller.ids("comment")).toEqual(["c1", "c2"]);
  expect(poller.likes()).toBe(2);
  expect(await metric(stack.gatewayAt(0), "ovation_gateway_connections_opened_total")).toBe(opened);
  expect(stack.dispatchers[0]?.routes.viewers("stream")).toBe(1);
  stream.abort();
  await expect.poll(() => stack.dispatchers[0]?.routes.viewers("stream")).toBe(0);
});

test("a poll that follows a stream starts again, even with the token of a poll before it", async () => {
  const poller = new Poller("again");
  await poller.poll(0);
  await stack.mirrored("again", 1);
  const stream = await poller.stream();
  await comment("again", "c1");
  await expect.poll(() => poller.ids("comment")).toEqual(["c1"]);
  await poller.poll(0);
  expect(poller.messages.filter(({ op }) => op === "result")).toHaveLength(2);
  stream.abort();
});

test("a viewer that stops polling is no longer counted", async () => {
  await leaver;
  await expect.poll(() => stack.dispatchers[0]?.routes.viewers("leaves")).toBe(0);
});

test.each(["-1", "30001", "soon", ""])(
  "a wait of %j is refused with a named error",
  async (wait) => {
    const { port } = stack.gatewayAt(0);
    const response = await fetch(`http://127.0.0.1:${port}/v1/videos/x/events?wait=${wait}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "field_invalid", field: "wait" },
    });
  },
);

/** Webhooks: what an endpoint gets, and what happens when it fails. */
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { dead as deadLetters } from "../../cli/hooks/dead.ts";
import { replay, resume } from "../../cli/hooks/progress.ts";
import { status } from "../../cli/hooks/status.ts";
import { HooksStores } from "../../cli/hooks/stores.ts";
import { verifyWebhook } from "../../server-sdk/index.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { configFor } from "../../shared/config/load.ts";
import {
  HOOK_EVENT_TYPES,
  type HookEvent,
  type HookEventType,
} from "../../shared/protocol/hooks/events.ts";
import { HOOK_EVENTS_STREAM } from "../../shared/protocol/subjects.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { ACCEPT, answerWith, HookReceiver, newHookSecret } from "../support/hook-receiver.ts";
import { TestHooks } from "../support/hooks.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

let stack: TestStack;
let hooks: TestHooks;
let receiver: HookReceiver;
let videos = 0;
/** Each test has a video and an endpoint of its own, so it gets nothing of the tests before it. */
let video = "";
let endpoint = "";

beforeAll(async () => {
  stack = await TestStack.start({ gateway: { lingerMs: 100 } });
  hooks = new TestHooks(stack.nats.url);
});

beforeEach(async () => {
  videos += 1;
  video = `video-${videos}`;
  endpoint = `endpoint-${videos}`;
  receiver = new HookReceiver();
  await receiver.start();
});

afterEach(async () => {
  await hooks.stopInstances();
  await receiver.stop();
  expect(receiver.faults).toEqual([]);
});

afterAll(async () => {
  await hooks?.stop();
  await stack?.stop();
});

async function publish(...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const comment = { kind: "comment", id: text, actor: "anna", data: { text } };
    const { status } = await post(stack.gateway.port, video, comment);
    expect(status).toBe(200);
  }
}

async function request(method: "PUT" | "DELETE", path: string, body?: unknown) {
  const url = `http://127.0.0.1:${stack.gateway.port}/v1/${path}`;
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status, await response.text()).toBe(200);
}

/** The settings of an instance that delivers to the test's endpoint. */
function settings(...events: readonly HookEventType[]) {
  const one = { name: endpoint, url: receiver.url, secret: receiver.secret };
  return hooks.endpoints(events.length === 0 ? one : { ...one, events });
}

/** Events of the test's video: another may be told to be vacated meanwhile. */
const ours = ({ events }: Pick<HookReceiver, "events">) =>
  events.filter((event) => event.video === video);

const idsOf = (events: readonly HookEvent[]) =>
  events.flatMap(({ type, data }) => (type === "comment.stored" ? [data.id] : []));

describe("an endpoint gets", () => {
  test("comments as they are stored and deleted, in order", async () => {
    await hooks.active(settings());
    await publish("one", "two");
    // What is deleted before it is told is erased instead.
    await eventually(() => ours(receiver).length === 2);
    await request("DELETE", `videos/${video}/events/one`);
    await publish("three");
    await eventually(() => ours(receiver).length === 4);
    expect(ours(receiver)).toMatchObject([
      {
        type: "comment.stored",
        video,
        data: { id: "one", kind: "comment", actor: "anna", data: { text: "one" } },
      },
      { type: "comment.stored", data: { id: "two" } },
      { type: "comment.deleted", video, data: { id: "one" } },
      { type: "comment.stored", data: { id: "three" } },
    ]);
    const [stored] = receiver.of("comment.stored");
    const [deleted] = receiver.of("comment.deleted");
    expect(deleted?.data.seq).toBe(stored?.data.seq);
  });

  test("what else happens on a video, each once", async () => {
    await hooks.active(settings());
    const viewer = await TestSocket.connect(stack.gateway.port);
    await viewer.ask("subscribe", { video });
    await eventually(() => receiver.of("video.occupied").length === 1);
    await publish("pinned", "deleted");
    await request("DELETE", `videos/${video}/events/deleted`);
    await request("PUT", `videos/${video}/pin`, { id: "pinned" });
    const choices = ["a", "b"];
    const poll = { question: "Which?", choices };
    await request("PUT", `videos/${video}/polls/which`, poll);
    await request("PUT", `videos/${video}/polls/which`, { ...poll, closesAt: Date.now() });
    await request("PUT", `videos/${video}/bans/bob`, { mode: "mute", reason: "spam" });
    await request("DELETE", `videos/${video}/bans/bob`);
    await request("PUT", "bans/eve", { mode: "ban", forMs: 60_000 });
    viewer.close();
    await eventually(() => receiver.of("video.vacated").length === 1);
    await request("PUT", `videos/${video}/end`);
    await eventually(() => receiver.of("video.ended").length === 1);
    await eventually(() => receiver.of("poll.closed").length === 1);
    const moderation = receiver.events.filter(({ type }) => type.startsWith("actor."));
    expect(moderation).toMatchObject([
      { type: "actor.banned", video, data: { actor: "bob", mode: "mute", reason: "spam" } },
      { type: "actor.unbanned", video, data: { actor: "bob" } },
      { type: "actor.banned", video: null, data: { actor: "eve", mode: "ban" } },
    ]);
    expect(receiver.of("poll.closed")).toMatchObject([
      { video, data: { poll: "which", choices, votes: [0, 0], total: 0 } },
    ]);
    const [pinned] = receiver.of("state.changed");
    expect(pinned).toMatchObject({
      video,
      data: { state: { pinned: { data: { id: "pinned" } } } },
    });
    const occupancy = receiver.events.filter(({ type }) => /occupied|vacated/.test(type));
    expect(occupancy.map(({ type }) => type)).toEqual(["video.occupied", "video.vacated"]);
    await eventually(() => receiver.of("comment.deleted").length === 1);
    // The receiver has held each against docs/webhook-events.schema.json.
    const types = new Set(receiver.events.map(({ type }) => type));
    expect([...types].sort()).toEqual([...HOOK_EVENT_TYPES].sort());
  });
});

describe("an endpoint that fails", () => {
  test("gets all in order once it works, with the same ids; another one does not wait", async () => {
    const other = new HookReceiver();
    await other.start();
    receiver.answer = answerWith(503);
    const { url, secret } = receiver;
    const both = hooks.endpoints(
      { name: "one", url, secret },
      { name: "two", url: other.url, secret: other.secret, events: ["comment.stored"] },
    );
    const instance = await hooks.active({ ...both, hooksBatchEvents: 3 });
    const ids = Array.from({ length: 10 }, (_, index) => `c-${index}`);
    await publish(...ids);
    await eventually(() => idsOf(ours(other)).length === 10);
    await eventually(() => receiver.received.length >= 3);
    expect(receiver.accepted).toEqual([]);
    expect(await metric(instance, "ovation_hooks_attempts_total")).toBeGreaterThan(0);
    receiver.answer = ACCEPT;
    await eventually(() => idsOf(ours(receiver)).length === 10);
    expect(idsOf(ours(receiver))).toEqual(ids);
    expect(idsOf(ours(other))).toEqual(ids);
    const bodies = new Map(receiver.received.map(({ id, body }) => [id, body]));
    for (const { id, body } of receiver.received) expect(body).toBe(bodies.get(id));
    expect(receiver.received.every(({ events }) => events.length <= 3)).toBe(true);
    await other.stop();
  });

  test.each([
    ["redirects", answerWith(301, { location: "http://127.0.0.1:1/" })],
    [
      "sends without end",
      (response) => {
        response.writeHead(500);
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
          response.once("drain", more);
        };
        more();
      },
    ],
    ["never answers", () => undefined],
    ["answers bit by bit", (response) => response.writeHead(500).flushHeaders()],
    ["ends the connection", (response) => response.destroy()],
  ] satisfies [string, HookReceiver["answer"]][])(
    "is tried again when it %s",
    async (_what, bad) => {
      const attempts = () => receiver.received.filter((received) => ours(received).length > 0);
      receiver.answer = (response, received) => {
        if (ours(received).length === 0 || attempts().length > 2) ACCEPT(response, received);
        else bad(response, received);
      };
      await hooks.active({ ...settings(), hooksTimeoutMs: 200 });
      await publish("one");
      await eventually(() => idsOf(ours(receiver)).length > 0);
      expect(attempts().length).toBeGreaterThanOrEqual(3);
      expect(new Set(attempts().map(({ id }) => id)).size).toBe(1);
    },
  );
});

test("an endpoint that may not be is refused at the start, whether or not NATS is there", async () => {
  const away = new TestHooks("nats://127.0.0.1:1");
  const settings = away.settings({ url: "https://10.0.0.1/", secret: receiver.secret });
  await expect(away.start(settings)).rejects.toThrow("--hooks-url");
  await away.stop();
});

test("while the secret is changed, webhooks verify with the old and the new one, then with the new one alone", async () => {
  const [before, after] = [receiver.secret, newHookSecret()];
  const steps = [
    [[before], [true, false]],
    [
      [before, after],
      [true, true],
    ],
    [[after], [false, true]],
  ] as const;
  for (const [step, [secrets, verified]] of steps.entries()) {
    receiver.secret = secrets.at(-1) ?? "";
    const secret = secrets.join("\n");
    await hooks.active(hooks.endpoints({ name: endpoint, url: receiver.url, secret }));
    const id = `step-${step}`;
    await publish(id);
    await eventually(() => idsOf(receiver.events).includes(id));
    const webhook = receiver.accepted.find(({ events }) => idsOf(events).includes(id));
    const isGood = async (one: string) => {
      const { headers, body } = webhook ?? { headers: {}, body: "" };
      const verifying = verifyWebhook({ headers, body }, { secrets: [one] });
      return await verifying.then(
        () => true,
        () => false,
      );
    };
    expect([await isGood(before), await isGood(after)], id).toEqual(verified);
    await hooks.stopInstances();
  }
});

/** With the rights that the commands have. */
async function withStores<T>(work: (stores: HooksStores) => Promise<T>): Promise<T> {
  const servers = [natsUrlAs("hooks", stack.nats.url)];
  const bus = await Bus.connect({ servers, inbox: "hooks", name: "commands", log: silentLog });
  try {
    return await work(new HooksStores(bus, configFor("hooks", { natsUrl: servers })));
  } finally {
    await bus.stop();
  }
}

describe("the commands", () => {
  test("a webhook that is given up is a dead letter, which can be delivered after all", async () => {
    receiver.answer = answerWith(500);
    const instance = await hooks.active({ ...settings("comment.stored"), hooksRetryForMs: 0 });
    await publish("lost");
    const dead = async () => await metric(instance, "ovation_hooks_dead_total");
    await eventually(async () => (await dead()) === 1);
    receiver.answer = ACCEPT;
    await publish("next");
    await eventually(() => idsOf(receiver.events).includes("next"));
    const command = { name: "dead", act: "requeue", endpoint, isJson: false } as const;
    await withStores(async (stores) => {
      const listed = await deadLetters(stores, { ...command, act: "list", isJson: true });
      expect(JSON.parse(listed)).toMatchObject({
        endpoint,
        events: 1,
        fault: "status 500",
      });
      expect(await deadLetters(stores, command)).toBe("1 dead letters are delivered again.\n");
      expect(await deadLetters(stores, { ...command, act: "list" })).toMatch(/no dead letters/);
    });
    await eventually(() => idsOf(receiver.events).includes("lost"));
    const ids = receiver.received.filter(({ events }) => idsOf(events).includes("lost"));
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
  });

  test("an endpoint that answers 410 gets nothing until it is resumed", async () => {
    receiver.answer = answerWith(410);
    const instance = await hooks.active(settings());
    await publish("one");
    await eventually(async () => (await metric(instance, "ovation_hooks_gone")) === 1);
    receiver.answer = ACCEPT;
    await publish("two");
    expect(receiver.accepted).toEqual([]);
    await withStores((stores) => resume(stores, endpoint));
    await eventually(() => idsOf(ours(receiver)).length === 2);
    expect(idsOf(ours(receiver))).toEqual(["one", "two"]);
  });

  test("a replay delivers again, with the events' ids, and new ids of the webhooks", async () => {
    const since = Date.now() - 1_000;
    await hooks.active(settings());
    await publish("one", "two");
    await eventually(() => idsOf(ours(receiver)).length === 2);
    const before = receiver.accepted.map(({ id }) => id);
    await withStores(async (stores) => {
      // What was delivered is noted a moment after the endpoint has it.
      const told = new RegExp(`^Instance \\S+ works\\.\n(.+\n)*${endpoint}: nothing waits$`, "m");
      await eventually(async () => told.test(await status(stores, false)));
      await replay(stores, { since, endpoint });
      await expect(resume(stores, "other")).rejects.toThrow("there is no endpoint other");
    });
    const again = () => {
      const events = receiver.accepted.filter(({ id }) => !before.includes(id));
      return ours({ events: events.flatMap((one) => one.events) });
    };
    await eventually(() => idsOf(again()).length === 2);
    expect(idsOf(again())).toEqual(["one", "two"]);
    const known = new Set(ours(receiver).map(({ id }) => id));
    expect(again().every(({ id }) => known.has(id))).toBe(true);
  });
});

test("the standby goes on where the instance that worked stopped", async () => {
  const first = await hooks.active(settings());
  const second = await hooks.start(settings());
  await publish("one");
  await eventually(() => ours(receiver).length === 1);
  await first.drain();
  await publish("two");
  await eventually(() => second.isWorking && idsOf(ours(receiver)).includes("two"));
  expect([...new Set(idsOf(ours(receiver)))]).toEqual(["one", "two"]);
});

describe("a deleted comment", () => {
  /** Everything that waits, as it is in the stream. */
  async function kept(): Promise<string> {
    const connection = await connectTo(stack.nats.url);
    try {
      const { streams } = await jetstreamManager(connection);
      const { state } = await streams.info(HOOK_EVENTS_STREAM);
      let text = "";
      for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
        text += Buffer.from((await streams.getMessage(HOOK_EVENTS_STREAM, { seq }))?.data ?? []);
      }
      return text;
    } finally {
      await connection.close();
    }
  }

  const remove = (id: string) => request("DELETE", `videos/${video}/events/${id}`);
  const gone = async (...texts: readonly string[]) => {
    await eventually(async () => {
      const text = await kept();
      return texts.every((one) => !text.includes(`"text":"${one}"`));
    });
  };

  test("is erased from what waits and can be replayed; what was stored with it keeps its place", async () => {
    receiver.answer = answerWith(503);
    await hooks.active(settings("comment.stored", "comment.deleted"));
    // Stored together, so they wait together.
    const texts = ["secret-1", "kept-1", "secret-2", "kept-2", "secret-3"];
    const comments = texts.map((text) => ({ kind: "comment", id: text, data: { text } }));
    expect((await post(stack.gateway.port, video, comments)).status).toBe(200);
    await publish("secret-4", "after");
    await eventually(async () => (await kept()).includes('"text":"after"'));
    for (const id of ["secret-2", "secret-1", "secret-4", "secret-3"]) await remove(id);
    await gone("secret-1", "secret-2", "secret-3", "secret-4");
    // One that is under way may have been read before.
    const attempts = receiver.received.length;
    await eventually(() => receiver.received.length >= attempts + 2);
    receiver.answer = ACCEPT;
    const deleted = () => ours(receiver).filter(({ type }) => type === "comment.deleted");
    await eventually(() => deleted().length === 4);
    const left = ["kept-1", "kept-2", "after"];
    expect(idsOf(ours(receiver))).toEqual(left);
    await withStores(async (stores) => {
      await replay(stores, { since: Date.now() - 600_000, endpoint });
    });
    await eventually(() => idsOf(ours(receiver)).length >= 2 * left.length);
    expect(idsOf(ours(receiver))).toEqual([...left, ...left]);
  });

  test("and all of an erased actor's, of whatever message", async () => {
    await hooks.active(settings());
    const comments = ["eve-1", "other", "eve-2"].map((text) => ({
      kind: "comment",
      id: text,
      actor: text.startsWith("eve") ? `eve-of-${video}` : "bob",
      data: { text },
    }));
    for (const part of [comments, { ...comments[0], id: "eve-3", data: { text: "eve-3" } }]) {
      expect((await post(stack.gateway.port, video, part)).status).toBe(200);
    }
    await eventually(() => idsOf(ours(receiver)).length === 4);
    await request("DELETE", `actors/eve-of-${video}/events`);
    await gone("eve-1", "eve-2", "eve-3");
    expect(await kept()).toContain('"text":"other"');
  });
});

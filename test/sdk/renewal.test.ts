/** Token renewal while the client is connected or before it can connect, at real gateways. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ovation, OvationError, OvationEvent, OvationOptions } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { inSeconds, SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { client, connected, listen, statesOf } from "./support/client.ts";
import { Network } from "./support/network.ts";

let stack: TestStack;
let network: Network;
let backend: string;
let videos = 0;

beforeAll(async () => {
  stack = await TestStack.start({
    gateways: 2,
    gateway: { open: false, authSecret: SECRET, lingerMs: 0 },
  });
  network = await Network.start(stack.gatewayAt(0).port);
  backend = await tokenOf({ ...VIEWER, sub: "backend", scope: "any-actor" });
});
afterAll(async () => {
  await network?.stop();
  await stack?.stop();
});

/** A new video for each test. */
function newVideo(): string {
  videos += 1;
  return `video-${videos}`;
}

async function publish(video: string, events: object | readonly object[]): Promise<void> {
  const response = await fetch(
    `http://127.0.0.1:${stack.gatewayAt(1).port}/v1/videos/${video}/events`,
    {
      method: "POST",
      headers: { Authorization: `Bearer ${backend}`, "Content-Type": "application/json" },
      body: JSON.stringify(events),
    },
  );
  if (!response.ok) throw new Error(await response.text());
}

/** Tokens with these claims in turn; the last claims repeat. */
function tokensOf(...claims: readonly object[]) {
  const asked = new Recorder<number>();
  const token = async () => {
    asked.take(asked.all.length + 1);
    return await tokenOf({ ...VIEWER, ...claims[Math.min(asked.all.length, claims.length) - 1] });
  };
  return { asked, token };
}

const names = (states: ReturnType<typeof statesOf>) => states.all.map(({ name }) => name);
const START = ["idle", "connecting", "connected"];

type Transport = "websocket" | "sse";
type ClientOf = (token: NonNullable<OvationOptions["token"]>) => Ovation;

describe("over a WebSocket and over event streams", () => {
  /** Tests both at once, since they mostly wait. */
  const testBoth = (name: string, run: (clientOf: ClientOf) => Promise<void>) =>
    test(name, async () => {
      const transports: readonly Transport[] = ["websocket", "sse"];
      await Promise.all(
        transports.map((transport) =>
          run((token) => client(network.url, { token, transport })).catch((error: unknown) => {
            throw new Error(`over ${transport}`, { cause: error });
          }),
        ),
      );
    });

  testBoth("an expired token from a cache is replaced by a valid one", async (clientOf) => {
    const { token } = tokensOf({ exp: inSeconds(-60) }, {});
    const ovation = clientOf(token);
    const states = statesOf(ovation);
    listen(ovation, newVideo());
    await connected(ovation);
    expect(states.all.find(({ name }) => name === "reconnecting")).toMatchObject({
      reason: { code: "token_expired" },
    });
    expect(names(states)).toEqual(["idle", "connecting", "reconnecting", "connected"]);
  });

  testBoth(
    "repeatedly refused fresh tokens end the attempts, and so does a fixed one",
    async (clientOf) => {
      const { asked, token } = tokensOf({ exp: 1 }, { exp: 2 }, { exp: 3 }, { exp: 4 });
      for (const source of [token, await tokenOf({ ...VIEWER, exp: 1 })]) {
        const ovation = clientOf(source);
        ovation.connect();
        const closed = await statesOf(ovation).first(({ name }) => name === "closed");
        expect(closed).toMatchObject({ reason: { code: "token_expired" } });
      }
      expect(asked.all).toHaveLength(3);
    },
  );

  testBoth("a refused video is retried with a fresh token", async (clientOf) => {
    const exp = inSeconds(1.5);
    const { token } = tokensOf({ videos: ["free"], exp }, {});
    const ovation = clientOf(token);
    const states = statesOf(ovation);
    const errors = new Recorder<OvationError>();
    ovation.onError(errors.take);
    const video = newVideo();
    const { joined } = listen(ovation, video);
    expect(await errors.first(() => true)).toMatchObject({ code: "forbidden", video });
    await joined();
    expect(names(states)).toEqual(START);
  });

  testBoth(
    "a video lost to a narrower token resumes with a wider one, from where it was",
    async (clientOf) => {
      const video = newVideo();
      const { token } = tokensOf(
        { exp: inSeconds(1.5) },
        { videos: ["free"], exp: inSeconds(4) },
        {},
      );
      const ovation = clientOf(token);
      const states = statesOf(ovation);
      const errors = new Recorder<OvationError>();
      ovation.onError(errors.take);
      const { events, joined } = listen(ovation, video, "comment");
      await joined();
      await publish(video, { kind: "comment", data: "before" });
      await events.first(({ data }) => data === "before");
      expect(await errors.first(() => true)).toMatchObject({ code: "forbidden", video });
      await publish(video, { kind: "comment", data: "between" });
      await events.first(({ data }) => data === "between");
      await publish(video, { kind: "comment", data: "after" });
      await events.first(({ data }) => data === "after");
      expect(events.all.map(({ data }) => data)).toEqual(["before", "between", "after"]);
      expect(names(states)).toEqual(START);
    },
  );
});

test("event streams continue while a cache returns expired tokens, until there is a fresh one", async () => {
  const { asked, token } = tokensOf({ exp: inSeconds(1.5) }, { exp: 1 }, { exp: 2 }, {});
  const ovation = client(network.url, { token, transport: "sse" });
  const states = statesOf(ovation);
  const video = newVideo();
  const { events, joined } = listen(ovation, video, "comment");
  await joined();
  await asked.until((all) => all.length === 4);
  await publish(video, { kind: "comment", data: "here" });
  await events.first(() => true);
  expect(names(states)).toEqual(START);
});

test("a clock that is two hours off, and jumps, triggers no token requests", async () => {
  const script = join(import.meta.dirname, "support/wrong-clock.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [script, network.url]);
  const states = ["connecting", "connected", "closed"];
  expect(JSON.parse(stdout)).toEqual([
    { calls: 1, states },
    { calls: 1, states },
  ]);
});

interface Replacing {
  /** The gateway at which streams with fresh tokens are opened. */
  readonly next: number;
  /** How many likes are published at once. */
  readonly burst: number;
}

/** What a viewer whose tokens are replaced repeatedly received, and what was published. */
async function afterReplacing({ next, burst }: Replacing) {
  const way = await Network.start(stack.gatewayAt(0).port);
  const asked = new Recorder<number>();
  const ovation = client(way.url, {
    transport: "sse",
    token: async () => {
      asked.take(asked.all.length);
      return await tokenOf({ ...VIEWER, exp: inSeconds(1.5) });
    },
  });
  const states = statesOf(ovation);
  const [video, other] = [newVideo(), newVideo()];
  const comments = new Recorder<OvationEvent>();
  const { joined } = listen(ovation, video);
  ovation.video(other).watch();
  ovation.video(video).on("comment", comments.take);
  let likes = 0;
  ovation.video(video).onFrame(({ counts }) => {
    likes += counts["like"] ?? 0;
  });
  await joined();
  way.port = stack.gatewayAt(next).port;
  const published = { likes: 0, comments: [] as string[], states: START };
  while (asked.all.length < 4) {
    const id = `c-${published.comments.length}`;
    const batch = Array.from({ length: burst }, () => ({ kind: "like" }));
    await publish(video, [...batch, { kind: "comment", id }]);
    published.likes += burst;
    published.comments.push(id);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // Any repeat would arrive before the next tokens are used up.
  const tokens = asked.all.length;
  await asked.until((all) => all.length >= tokens + 2);
  await eventually(() => likes >= published.likes);
  await comments.until((all) => all.length >= published.comments.length);
  // Each video's stream is replaced, not only that of the first.
  await way.requests.until(
    (all) => all.filter((line) => line.includes(`/${other}/events`)).length > 1,
  );
  ovation.close();
  const seen = { likes, comments: comments.all.map(({ id }) => id), states: names(states) };
  await way.stop();
  return { published, seen: { ...seen, states: seen.states.slice(0, -1) } };
}

test("nothing is lost or repeated when the tokens of event streams are replaced", async () => {
  const cases = {
    "at the same gateway": { next: 0, burst: 4 },
    "at another gateway": { next: 1, burst: 4 },
    "under a flood": { next: 0, burst: 300 },
  };
  const results = Object.entries(cases).map(async ([name, replacing]) => {
    const { published, seen } = await afterReplacing(replacing);
    expect(seen, name).toEqual(published);
  });
  await Promise.all(results);
});

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import type { RequestTiming } from "../requests/request-timing.ts";
import { SAMPLE } from "./collected-events.ts";
import { FanoutWindow } from "./fanout-window.ts";

const WINDOW_MS = 10;
const MANY_GATEWAYS = 40;

interface Sent {
  readonly at: number;
  readonly shown: readonly FanoutEvent[];
  /** By kind and variant, of those that are not shown. */
  readonly counted: ReadonlyMap<string, number>;
  readonly repeatKeys: readonly string[];
}

/** What gateways get of one video: what goes at once, and what goes together. */
function sending() {
  const messages: Sent[] = [];
  let refusal: Error | undefined;
  const window = new FanoutWindow({
    windowMs: WINDOW_MS,
    now: Date.now,
    send: (_video, collected) => {
      if (refusal !== undefined) throw refusal;
      const { events, counted } = collected.take(100_000);
      messages.push({
        at: Date.now(),
        shown: events,
        counted: new Map(counted.map((one) => [nameOf(one), one.count])),
        repeatKeys: counted.flatMap(({ repeatKeys }) => repeatKeys),
      });
      return MANY_GATEWAYS;
    },
  });
  const publish = (events: readonly FanoutEvent[], gateways = MANY_GATEWAYS) => {
    const timing: RequestTiming = { at: Date.now(), publishedAt: Date.now(), trace: undefined };
    const sent = window.take("launch", gateways, events, timing);
    if (sent === undefined) {
      messages.push({ at: Date.now(), shown: events, counted: new Map(), repeatKeys: [] });
    }
    return sent;
  };
  const refuse = (error: Error) => {
    refusal = error;
  };
  return { window, messages, publish, refuse };
}

function nameOf({ kind, variant }: { kind: string; variant?: string | undefined }): string {
  return variant === undefined ? kind : `${kind}:${variant}`;
}

function likes(count: number, more: Partial<FanoutEvent> = {}): FanoutEvent[] {
  const like = { kind: "like", deliveryClass: "transient", bytes: new Uint8Array(50) } as const;
  return Array.from({ length: count }, () => ({ ...like, ...more }));
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a video's likes", () => {
  test("go at once after a pause, and together while they come faster than the window", async () => {
    const { messages, publish } = sending();
    publish(likes(1));
    const answers = [1, 2, 3].map(() => {
      vi.advanceTimersByTime(2);
      return publish(likes(1));
    });
    expect(messages.map(({ at }) => at)).toEqual([1_000]);
    vi.advanceTimersByTime(10);
    await Promise.all(answers);
    expect(messages.map(({ at, shown }) => [at, shown.length])).toEqual([
      [1_000, 1],
      [1_010, 3],
    ]);
    vi.advanceTimersByTime(20);
    publish(likes(1));
    expect(messages.at(-1)).toMatchObject({ at: 1_036 });
  });

  test("go to each gateway at most once a window, however many are published", () => {
    const { messages, publish } = sending();
    for (let ms = 0; ms < 1_000; ms += 1) {
      publish(likes(5));
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(WINDOW_MS);
    expect(messages.length).toBeLessThanOrEqual(1_000 / WINDOW_MS + 1);
    const gaps = messages.slice(1).map(({ at }, index) => at - (messages[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(WINDOW_MS);
  });

  test("never wait where that saves nothing: with one gateway and a hundred likes a second", () => {
    const { window, messages, publish } = sending();
    for (let ms = 0; ms < 1_000; ms += 10) {
      publish(likes(1), 1);
      // Two of them right after the other, as may happen by chance.
      if (ms % 50 === 0) publish(likes(1), 1);
      vi.advanceTimersByTime(10);
    }
    expect(window.stats.collected).toBe(0);
    expect(messages).toHaveLength(120);
  });

  test("are shown as an even sample of at most a hundred, and counted exactly", () => {
    const { messages, publish } = sending();
    publish(likes(1));
    const numbered = Array.from({ length: 1_000 }, (_, number) => likes(1, { kind: `${number}` }));
    for (const event of numbered) publish(event);
    vi.advanceTimersByTime(WINDOW_MS);
    const { shown = [], counted = new Map() } = messages.at(-1) ?? {};
    expect(shown.length).toBeLessThanOrEqual(SAMPLE);
    expect(shown.length).toBeGreaterThanOrEqual(SAMPLE / 2);
    const numbers = shown.map(({ kind }) => Number(kind));
    const gaps = numbers.slice(1).map((number, index) => number - (numbers[index] ?? 0));
    expect(new Set(gaps).size).toBe(1);
    expect(counted.size).toBe(1_000 - shown.length);
  });

  test("that come in one request beyond a hundred go at once", async () => {
    const { messages, publish } = sending();
    await publish(likes(300), 1);
    expect(messages.map(({ at }) => at)).toEqual([1_000]);
  });

  test("are refused when they can't be sent", async () => {
    const { publish, refuse } = sending();
    publish(likes(1));
    const answers = [publish(likes(1)), publish(likes(1))];
    refuse(new Error("no NATS"));
    vi.advanceTimersByTime(WINDOW_MS);
    for (const answer of answers) await expect(answer).rejects.toThrow("no NATS");
  });

  test("that wait are sent when the dispatcher stops", async () => {
    const { window, messages, publish } = sending();
    publish(likes(1));
    const answer = publish(likes(2));
    window.stop();
    await answer;
    expect(messages.at(-1)).toMatchObject({ at: 1_000, counted: new Map() });
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("of a kind of class latest, only the newest event of a window is sent", () => {
  const { messages, publish } = sending();
  const score = (bytes: number): FanoutEvent[] => [
    { kind: "score", deliveryClass: "latest", bytes: Uint8Array.of(bytes) },
  ];
  for (const value of [1, 2, 3, 4]) publish(score(value));
  vi.advanceTimersByTime(WINDOW_MS);
  expect(messages.map(({ shown }) => shown.map(({ bytes }) => [...bytes]))).toEqual([[[1]], [[4]]]);
});

test("a count goes with what is collected anyway, and nothing waits for it", async () => {
  const { window, messages, publish } = sending();
  const count = { kind: "viewers", deliveryClass: "latest", bytes: new Uint8Array(20) } as const;
  expect(window.join("launch", count)).toBeUndefined();
  publish(likes(1));
  publish(likes(1));
  const joined = window.join("launch", count);
  const before = messages.length;
  vi.advanceTimersByTime(WINDOW_MS);
  await joined;
  expect(messages).toHaveLength(before + 1);
  expect(messages.at(-1)?.shown.map(({ kind }) => kind)).toEqual(["viewers", "like"]);
});

test("windows of several videos that end at about the same time are sent in one go", () => {
  const sentAt: number[] = [];
  const window = new FanoutWindow({
    windowMs: WINDOW_MS,
    now: Date.now,
    send: () => sentAt.push(Date.now()),
  });
  const timing: RequestTiming = { at: 0, publishedAt: 0, trace: undefined };
  for (const pauseMs of [0, 1, 1, 3]) {
    vi.advanceTimersByTime(pauseMs);
    for (let request = 0; request < 2; request += 1) {
      window.take(`video-${pauseMs}-${Date.now()}`, MANY_GATEWAYS, likes(1), timing);
    }
  }
  vi.advanceTimersByTime(3 * WINDOW_MS);
  expect(sentAt).toEqual([1_010, 1_010, 1_010, 1_015]);
});

test("nothing is kept of videos whose window has ended", () => {
  const { window } = sending();
  const timing: RequestTiming = { at: 0, publishedAt: 0, trace: undefined };
  for (let video = 0; video < 1_000; video += 1) {
    window.take(`${video}`, 1, likes(1), timing);
    vi.advanceTimersByTime(1);
  }
  expect(window.size).toBeLessThanOrEqual(WINDOW_MS);
});

/** A request after a pause: how many events of which kind, variant and id, to how many gateways. */
const request = fc.record({
  pauseMs: fc.nat(25),
  gateways: fc.integer({ min: 1, max: 60 }),
  count: fc.integer({ min: 1, max: 400 }),
  kind: fc.constantFrom("like", "wave"),
  variant: fc.constantFrom(undefined, "heart", "fire"),
  hasId: fc.boolean(),
});

test("whatever comes when, all of it is shown or counted, exactly and by kind and variant", () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
      const { messages, publish } = sending();
      const published = new Map<string, number>();
      const keys: string[] = [];
      for (const [
        index,
        { pauseMs, gateways, count, kind, variant, hasId },
      ] of requests.entries()) {
        vi.advanceTimersByTime(pauseMs);
        const events = likes(count, { kind, variant }).map((event, number) => {
          if (!hasId) return event;
          const repeatKey = `${index} ${number}`;
          keys.push(repeatKey);
          return { ...event, repeatKey };
        });
        const name = nameOf({ kind, variant });
        published.set(name, (published.get(name) ?? 0) + count);
        publish(events, gateways);
      }
      vi.advanceTimersByTime(WINDOW_MS);
      const got = new Map<string, number>();
      const add = (name: string, count: number) => got.set(name, (got.get(name) ?? 0) + count);
      for (const { shown, counted } of messages) {
        expect(shown.length).toBeLessThanOrEqual(SAMPLE);
        for (const event of shown) add(nameOf(event), 1);
        for (const [name, count] of counted) add(name, count);
      }
      expect(got).toEqual(published);
      const gotKeys = messages.flatMap(({ shown, repeatKeys }) => [
        ...shown.flatMap(({ repeatKey }) => repeatKey ?? []),
        ...repeatKeys,
      ]);
      expect(gotKeys.sort()).toEqual(keys.sort());
    }),
    { numRuns: 60 },
  );
});

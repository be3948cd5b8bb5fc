import { afterEach, expect, test, vi } from "vitest";
import { FanoutWindow } from "../../dispatcher/index.ts";
import { likeFlow } from "./like-flow.ts";

const SETTINGS = { fanoutWindowMs: 10, requestMs: 2.7 };

afterEach(() => {
  vi.useRealTimers();
});

/** Messages a second to each gateway that a dispatcher's window makes of random requests. */
function messagesOfWindow(requestsPerSecond: number, gateways: number): number {
  vi.useFakeTimers({ now: 0 });
  const seconds = 20;
  let messages = 0;
  const window = new FanoutWindow({
    windowMs: SETTINGS.fanoutWindowMs,
    now: Date.now,
    send: () => {
      messages += 1;
      return gateways;
    },
  });
  let seed = 1;
  const like = { kind: "like", deliveryClass: "transient", bytes: new Uint8Array(1) } as const;
  for (let at = 0; at < seconds * 1_000; ) {
    seed = (seed * 48_271) % 2_147_483_647; // Park and Miller's minimal standard.
    const wait = (-Math.log(seed / 2_147_483_647) / requestsPerSecond) * 1_000;
    vi.advanceTimersByTime(Math.round(at + wait) - Math.round(at));
    at += wait;
    const timing = { at: Date.now(), publishedAt: Date.now(), trace: undefined };
    if (window.take("launch", gateways, [like], timing) === undefined) messages += 1;
  }
  return messages / seconds;
}

test.each([
  [20, 1],
  [20, 100],
  [100, 8],
  [100, 100],
  [300, 2],
  [200, 1],
  [1_000, 100],
])(
  "of %i requests a second to %i gateways the window makes as many messages as the model says",
  (requests, gateways) => {
    // So many likes at so many gateways that each request has one.
    const flow = likeFlow({ ...SETTINGS, requestMs: 0.01 }, requests, gateways, 1);
    const model = flow.likeMessages * (requests / flow.likeRequests);
    expect(Math.abs(messagesOfWindow(requests, gateways) / model - 1)).toBeLessThan(0.15);
  },
);

test("a gateway gets no more messages of a video with more gateways, and more likes", () => {
  for (const [gateways, likes] of [
    [10, 10_000],
    [100, 100_000],
    [1_000, 1_000_000],
  ] as const) {
    const most = (2 * 1_000) / SETTINGS.fanoutWindowMs;
    expect(likeFlow(SETTINGS, likes, gateways, 2).likeMessages).toBeLessThanOrEqual(most);
  }
});

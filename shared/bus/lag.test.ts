import { beforeEach, expect, test } from "vitest";
import type { BusState } from "./connection.ts";
import { BusLag } from "./lag.ts";

let nowMs = 0;
let state: BusState;
let pongs: PromiseWithResolvers<void>[];
let lag: BusLag;

beforeEach(() => {
  nowMs = 1_000;
  state = "connected";
  pongs = [];
  const flush = () => {
    const pong = Promise.withResolvers<void>();
    pongs.push(pong);
    return pong.promise;
  };
  const bus = {
    get state() {
      return state;
    },
    flush,
  };
  lag = new BusLag(bus, () => nowMs);
});

async function pong(afterMs: number): Promise<void> {
  nowMs += afterMs;
  pongs.at(-1)?.resolve();
  await pongs.at(-1)?.promise;
}

test("is how long the last ping took, or how long an unanswered one has taken so far", async () => {
  expect(lag.sample()).toBe(0);
  await pong(30);
  expect(lag.sample()).toBe(30);
  nowMs += 300;
  lag.sample();
  nowMs += 700;
  expect(lag.sample()).toBe(700);
  expect(pongs).toHaveLength(2);
  await pong(100);
  expect(lag.sample()).toBe(800);
});

test("one ping is in flight at a time, a few a second", async () => {
  for (let sample = 0; sample < 10; sample += 1) {
    lag.sample();
    await pong(0);
    nowMs += 100;
  }
  expect(pongs.length).toBeLessThanOrEqual(4);
});

test("without a connection there is no lag", async () => {
  lag.sample();
  nowMs += 5_000;
  state = "disconnected";
  expect(lag.sample()).toBe(0);
  pongs[0]?.reject(new Error("lost"));
  await pongs[0]?.promise.catch(() => undefined);
  state = "connected";
  expect(lag.sample()).toBe(0);
});

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

test("is how long the last ping took, and of one that is not answered how long it takes so far", async () => {
  expect(lag.look()).toBe(0);
  await pong(30);
  expect(lag.look()).toBe(30);
  nowMs += 300;
  lag.look();
  nowMs += 700;
  expect(lag.look()).toBe(700);
  expect(pongs).toHaveLength(2);
  await pong(100);
  expect(lag.look()).toBe(800);
});

test("one ping is under way at a time, a few a second", async () => {
  for (let look = 0; look < 10; look += 1) {
    lag.look();
    await pong(0);
    nowMs += 100;
  }
  expect(pongs.length).toBeLessThanOrEqual(4);
});

test("without a connection nothing is behind", async () => {
  lag.look();
  nowMs += 5_000;
  state = "disconnected";
  expect(lag.look()).toBe(0);
  pongs[0]?.reject(new Error("lost"));
  await pongs[0]?.promise.catch(() => undefined);
  state = "connected";
  expect(lag.look()).toBe(0);
});

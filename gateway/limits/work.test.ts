import { expect, test } from "vitest";
import { OvationError } from "../../shared/protocol/errors.ts";
import { actorKey, addressKey } from "./client-key.ts";
import { Work } from "./work.ts";

const ADDRESS = addressKey("192.0.2.1");

test("a rate that an operator changes counts for clients that are known, by the share of each", () => {
  let now = 0;
  const work = new Work({
    config: {
      httpRequestsPerSecond: 10,
      clientMessagesPerSecond: 10,
      requestBytesPerSecond: 10,
      historyBytesPerSecond: 10,
      limitedClientsKept: 10,
    },
    stats: { forgotten: 0 },
    now: () => now,
    refuse: ({ perSecond }) => new OvationError("rate_limited", undefined, { limit: perSecond }),
  });
  const anna = work.of({ isBackend: false, clientAt: () => actorKey("anna") }, ADDRESS);
  const shared = work.of({ isBackend: false, clientAt: (address) => address }, ADDRESS);
  const taken = (client: typeof anna) => {
    let count = 0;
    while (client.request() === 0) count += 1;
    return count;
  };
  // Five seconds' worth at once; an address has ten times as much.
  expect(taken(anna)).toBe(50);
  expect(taken(shared)).toBe(500);
  work.set("httpRequestsPerSecond", 2);
  now += 5_000;
  expect(taken(anna)).toBe(10);
  expect(taken(shared)).toBe(100);
  work.set("historyBytesPerSecond", 3);
  const limitOf = (act: () => void): unknown => {
    try {
      for (;;) act();
    } catch (error) {
      return error instanceof OvationError ? error.body() : error;
    }
  };
  expect(limitOf(() => anna.past(10))).toMatchObject({ limit: 3 });
  expect(limitOf(() => anna.bytes(10))).toMatchObject({ limit: 10 });
});

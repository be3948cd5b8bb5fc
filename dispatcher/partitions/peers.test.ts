import { beforeEach, describe, expect, test } from "vitest";
import { Peers } from "./peers.ts";

let peers: Peers;
const hear = (id: string, serves: number[], isLeaving = false) =>
  peers.heard(id, { partitions: 64, serves, isLeaving });

beforeEach(() => {
  peers = new Peers();
});

describe("a peer", () => {
  test("is there to stay from its first notice on, and serves what it says", () => {
    expect(hear("a", [])).toBe(true);
    expect(hear("a", [1, 2])).toBe(false);
    expect(peers.staying()).toEqual(["a"]);
    expect([1, 3].map((partition) => peers.isServed(partition))).toEqual([true, false]);
    expect(peers.serves("a", 2)).toBe(true);
  });

  test("that leaves is still known, but nothing counts as served by it", () => {
    hear("a", [1]);
    expect(hear("a", [1], true)).toBe(true);
    expect(hear("a", [1], true)).toBe(false);
    expect(peers.staying()).toEqual([]);
    expect(peers.isServed(1)).toBe(false);
    expect(hear("a", [], true)).toBe(false);
    expect(peers.has("a")).toBe(false);
  });

  test("that is gone at once changes who stays", () => {
    hear("a", [1]);
    expect(hear("a", [], true)).toBe(true);
    expect(hear("a", [], true)).toBe(false);
  });

  test("is gone when it is silent for more than four heartbeats, each notice begins anew", () => {
    hear("a", [1]);
    for (let beats = 0; beats < 4; beats += 1) expect(peers.beat()).toBe(false);
    hear("a", [1]);
    for (let beats = 0; beats < 4; beats += 1) expect(peers.beat()).toBe(false);
    expect(peers.beat()).toBe(true);
    expect(peers.staying()).toEqual([]);
  });

  test("is forgiven its silence while we were cut off", () => {
    hear("a", [1]);
    for (let beats = 0; beats < 4; beats += 1) peers.beat();
    peers.forgive();
    expect(peers.beat()).toBe(false);
    expect(peers.staying()).toEqual(["a"]);
  });
});

import { expect, test } from "vitest";
import { decodeLease, decodeRow, encodeLease, encodeRow } from "./table.ts";

const LEASE = {
  renewals: 7,
  version: "1.2.3",
  address: "10.0.0.1:8080",
  startedAt: "2026-01-01T00:00:00.000Z",
  webSockets: 3,
  eventStreams: 2,
  videos: 1,
  connectionsPerSecond: 500,
  isDraining: false,
  settings: { "lease-ms": "10000" },
  kinds: 3,
};

test("a row and a lease decode to what was encoded", () => {
  expect(decodeRow(encodeRow({ viewers: 0 }))).toEqual({ viewers: 0 });
  expect(decodeRow(encodeRow({ viewers: 100_000 }))).toEqual({ viewers: 100_000 });
  for (const actors of [new Uint8Array(), Uint8Array.of(0, 0, 1)]) {
    expect(decodeRow(encodeRow({ viewers: 7, actors }))).toEqual({ viewers: 7, actors });
  }
  expect(decodeRow(Buffer.from("7 x"))).toBeUndefined();
  expect(decodeLease(encodeLease(LEASE))).toEqual(LEASE);
});

test.each(["", "-1", "1.5", "1e3", " 1", "many", "1".repeat(16)])("%j is not a row", (text) => {
  expect(decodeRow(Buffer.from(text))).toBeUndefined();
});

test.each(["", "7", "[]", "{", '{"isDraining":1}'])("%j is not a lease", (text) => {
  expect(decodeLease(Buffer.from(text))).toBeUndefined();
});

test("a lease of another version decodes as far as it is known", () => {
  expect(decodeLease(Buffer.from('{"address":"a","shards":4}'))).toEqual({ address: "a" });
});

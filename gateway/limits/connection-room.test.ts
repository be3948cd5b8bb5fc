import { describe, expect, test } from "vitest";
import { connectionRoom } from "./connection-room.ts";

const CONFIG = {
  connectionsLimit: 50_000,
  httpConnectionsLimit: 10_000,
  connectionsPerAddress: 5_000,
  clientSharePercent: 25,
};

describe("the room for connections", () => {
  test("is what is configured, where files allow it", () => {
    for (const openFiles of [undefined, 1_048_576, 60_256]) {
      expect(connectionRoom(CONFIG, openFiles)).toEqual({
        total: 60_000,
        viewers: 50_000,
        viewersPerAddress: 5_000,
        othersPerAddress: 2_500,
        shortage: undefined,
      });
    }
  });

  test.each([60_255, 20_000, 1_024, 256, 64, 1])(
    "stays below the limit of %i open files, with most of them for viewers",
    (openFiles) => {
      const room = connectionRoom(CONFIG, openFiles);
      expect(room.shortage).toEqual({ openFiles, needed: 60_256 });
      expect(room.total).toBeGreaterThanOrEqual(1);
      expect(room.total).toBeLessThanOrEqual(openFiles);
      expect(room.viewers).toBeLessThanOrEqual(room.total);
      expect(room.viewers).toBeGreaterThanOrEqual(0.7 * room.total);
    },
  );

  test.each([1_024, 4_096, 20_000, undefined])(
    "is never taken by one address alone, with %s open files",
    (openFiles) => {
      const { total, viewers, viewersPerAddress, othersPerAddress } = connectionRoom(
        CONFIG,
        openFiles,
      );
      expect(viewersPerAddress).toBeLessThan(viewers / 2);
      expect(viewersPerAddress + othersPerAddress).toBeLessThan(total / 2);
      // An office of some hundreds, of which some are still connecting.
      expect(viewersPerAddress).toBeGreaterThanOrEqual(100);
    },
  );
});

/** The gateway's clock, as a client estimates it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ServerClock } from "./server-clock.ts";

/** Doubles of this size have a quarter of a microsecond. */
const ROUNDING_MS = 0.01;

const roundTrip = fc.record({
  pauseMs: fc.double({ min: 0, max: 300_000, noNaN: true }),
  upMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
  downMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
});

test("it is within the error that is stated, whatever the delays, the clocks and their drift", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      fc.double({ min: -500e-6, max: 500e-6, noNaN: true }),
      fc.boolean(),
      fc.array(roundTrip, { minLength: 1, maxLength: 8 }),
      (origin, drift, isCoarse, trips) => {
        const serverAt = (moment: number) => origin + moment * (1 + drift);
        const read = (moment: number) => (isCoarse ? Math.floor(moment) : moment);
        const clock = new ServerClock();
        let moment = 0;
        for (const { pauseMs, upMs, downMs } of trips) {
          const sentAt = moment + pauseMs;
          const serverNow = Math.floor(serverAt(sentAt + upMs));
          moment = sentAt + upMs + downMs;
          clock.take(read(sentAt), read(moment), serverNow);
          for (const later of [0, 1, 59_999.5]) {
            const at = moment + later;
            const wrongBy = Math.abs(clock.at(read(at)) - serverAt(at));
            expect(wrongBy).toBeLessThanOrEqual(clock.errorMs(read(at)) + ROUNDING_MS);
          }
        }
      },
    ),
  );
});

test("the shortest round trip counts, until drift makes a newer one better", () => {
  const clock = new ServerClock();
  clock.take(0, 20, 1_000_010);
  // Nothing but the way back was slow.
  clock.take(1_000, 1_400, 1_001_010);
  expect(clock.at(1_400)).toBe(1_001_400.5);
  expect(clock.errorMs(1_400)).toBeLessThan(13);
  clock.take(600_000, 600_400, 1_600_200);
  expect(clock.errorMs(600_400)).toBeLessThan(202);
});

test("a device that slept, or a clock that was set, ends what was known", () => {
  const clock = new ServerClock();
  clock.take(0, 20, 1_000_010);
  const hourMs = 3_600_000;
  clock.take(1_000, 1_400, 1_001_200 + hourMs);
  expect(clock.at(1_200)).toBe(1_001_200.5 + hourMs);
});

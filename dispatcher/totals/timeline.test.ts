import { expect, test } from "vitest";
import { SLOT_MS } from "../../shared/protocol/totals/timeline-document.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { EventCounts } from "./event-counts.ts";
import { Timeline } from "./timeline.ts";

const VIDEOS = 1_000;
const LIKE = { kind: "like", deliveryClass: "transient", bytes: new Uint8Array() } as const;

test("the end of a slot leaves other work its turns, however many videos there are", async () => {
  const counts = new EventCounts();
  const stored = new Set<string>();
  let closed = 0;
  let mostInATurn = 0;
  let wall = SLOT_MS - 1;
  const timeline = new Timeline({
    dispatcher: "one",
    bucket: {
      get: async () => undefined,
      put: async (key) => {
        stored.add(key);
        return 1;
      },
    },
    counts,
    // Asked for each video when its slot is closed.
    viewers: () => {
      closed += 1;
      return undefined;
    },
    now: monotonicNow,
    wallClock: () => wall,
    log: silentLog,
  });
  timeline.start();
  // The first slot ends in a millisecond; the next one is long.
  wall = SLOT_MS;
  for (let video = 0; video < VIDEOS; video += 1) counts.of(`video-${video}`)?.add([LIKE]);
  while (closed < VIDEOS) {
    const before = closed;
    await new Promise(setImmediate);
    mostInATurn = Math.max(mostInATurn, closed - before);
  }
  expect(mostInATurn).toBeLessThanOrEqual(VIDEOS / 10);
  await timeline.drain();
  timeline.stop();
  expect(stored.size).toBe(VIDEOS);
});

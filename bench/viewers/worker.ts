/** A process of viewers. */
import { nowUs } from "../clock.ts";
import type { ViewersCommands, ViewersProgress } from "../control/messages.ts";
import { serve } from "../control/serve.ts";
import { LagMeter } from "../lag.ts";
import { Crowd } from "./crowd.ts";

const lag = new LagMeter();
let crowd: Crowd | undefined;
let before = { received: 0, seen: 0, frames: 0, bytes: 0, reads: 0 };

function theCrowd(): Crowd {
  if (crowd === undefined) throw new Error("not set up yet");
  return crowd;
}

function progress(): ViewersProgress {
  const now = { ...before, ...crowd?.counts, reads: crowd?.reads ?? 0 };
  const since = {
    received: now.received - before.received,
    seen: now.seen - before.seen,
    frames: now.frames - before.frames,
    bytes: now.bytes - before.bytes,
    reads: now.reads - before.reads,
  };
  before = now;
  return {
    atUs: nowUs(),
    subscribed: crowd?.subscribed ?? 0,
    ...since,
    latency: crowd?.takeRecent(),
    lag: lag.take(),
  };
}

serve<ViewersCommands>(
  {
    setup: (setup) => {
      crowd = new Crowd(setup);
    },
    open: (command) => theCrowd().open(command),
    awaitMoved: ({ awayFrom, timeoutMs }) => theCrowd().awaitMoved(awayFrom, timeoutMs),
    begin: (window) => theCrowd().begin(window),
    counts: () => ({ ...theCrowd().counts }),
    leave: (audiences) => theCrowd().leave(audiences),
    settle: (expected) => theCrowd().settle(expected),
  },
  progress,
);

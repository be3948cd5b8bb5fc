/** A process of publishers. */
import { nowUs } from "../clock.ts";
import type { PublishersCommands, PublishersProgress } from "../control/messages.ts";
import { serve } from "../control/serve.ts";
import { LagMeter } from "../lag.ts";
import { Publisher } from "./publisher.ts";

const lag = new LagMeter();
let publisher: Publisher | undefined;
let before = { sent: 0, accepted: 0 };

function progress(): PublishersProgress {
  const now = { ...before, ...publisher?.counts };
  const since = { sent: now.sent - before.sent, accepted: now.accepted - before.accepted };
  before = now;
  return { atUs: nowUs(), ...since, lag: lag.take() };
}

serve<PublishersCommands>(
  {
    setup: async (setup) => {
      publisher = new Publisher(setup);
      before = { sent: 0, accepted: 0 };
      await publisher.open();
    },
    publish: async (command) => {
      if (publisher === undefined) throw new Error("not set up yet");
      return await publisher.publish(command);
    },
  },
  progress,
);

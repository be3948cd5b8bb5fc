/** A process that sends publish requests directly over NATS. */
import type { RequestsCommands } from "../control/messages.ts";
import { serve } from "../control/serve.ts";
import { LagMeter } from "../lag.ts";
import { Requester } from "./requester.ts";

const lag = new LagMeter();
let requester: Requester | undefined;

function theRequester(): Requester {
  if (requester === undefined) throw new Error("not set up yet");
  return requester;
}

serve<RequestsCommands>(
  {
    setup: async (setup) => {
      requester = await Requester.open(setup);
    },
    saturate: (command) => theRequester().saturate(command),
    steady: (command) => theRequester().steady(command),
  },
  () => ({ lag: lag.take() }),
);

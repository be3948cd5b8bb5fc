/** A process of virtual gateways. */
import type { GatewaysCommands, GatewaysLoad, GatewaysSums } from "../control/messages.ts";
import { serve } from "../control/serve.ts";
import { LagMeter } from "../lag.ts";
import { newHistogram, packed } from "../latency.ts";
import { VirtualGateway } from "./virtual-gateway.ts";

const ANSWERS_MS = 20_000;
const lag = new LagMeter();
const times = newHistogram();
let gateways: VirtualGateway[] = [];

function sums(): GatewaysSums {
  const sum = (of: (gateway: VirtualGateway) => number) =>
    gateways.reduce((all, gateway) => all + of(gateway), 0);
  return {
    messages: sum(({ messages }) => messages),
    bytes: sum(({ bytes }) => bytes),
    requests: sum(({ requests }) => requests),
    accepted: sum(({ accepted }) => accepted),
    refused: sum(({ refused }) => refused),
    seenLikes: [gateways[0]?.likes ?? 0],
  };
}

/** Publishes by schedule, whatever is answered: the likes of each moment, at the gateways in turn. */
async function load({ perSecond, ms }: GatewaysLoad): Promise<void> {
  const began = performance.now();
  let next = 0;
  let published = 0;
  for (let now = began; now < began + ms; now = performance.now()) {
    const due = Math.floor(((now - began) * perSecond) / 1_000) - published;
    published += due;
    const each = Math.floor(due / gateways.length);
    const more = due % gateways.length;
    for (let index = 0; index < gateways.length; index += 1) {
      const likes = each + (index < more ? 1 : 0);
      if (likes === 0) break;
      gateways[(next + index) % gateways.length]?.publish(likes);
    }
    next += more;
    await later(1);
  }
}

/** Resolves when all is answered, or after a while. */
async function answered(): Promise<void> {
  const deadline = performance.now() + ANSWERS_MS;
  while (!gateways.every(({ isIdle }) => isIdle) && performance.now() < deadline) await later(20);
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

serve<GatewaysCommands>(
  {
    setup: async ({ nats, video, ids }) => {
      gateways = await Promise.all(
        ids.map((id, index) =>
          VirtualGateway.open({ id, nats, video, times, isCounting: index === 0 }),
        ),
      );
    },
    load,
    sums,
    answered: async () => {
      await answered();
      return packed(times);
    },
  },
  () => ({ lag: lag.take() }),
);

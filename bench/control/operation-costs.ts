/** What single operations cost each part, in µs of a core. Each run loads one part with one operation. */
import { nowUs } from "../clock.ts";
import { steady } from "../scenarios/scenario.ts";
import { Fleet } from "./fleet.ts";
import { gatewayMetrics } from "./metrics.ts";
import { usageOf } from "./proc.ts";
import type { Stack } from "./stack.ts";
import { type StandIn, standInGateway } from "./stand-in-gateway.ts";
import { type RequestsGenerator, startRequests } from "./start-requests.ts";

export const US_PER_SECOND = 1_000_000;
const WARM_UP_MS = 1_000;
const VIDEOS = Array.from({ length: 100 }, (_, index) => `costs-${index}`);
/** Enough requests in flight that a dispatcher never waits. */
const IN_FLIGHT = 8_000;
/** Gateways that are added to measure what each costs. */
const FURTHER_GATEWAYS = 20;
const LEAD_US = 200_000;

/** Cores used so far by the processes of a kind, in seconds. */
function used({ processes }: Stack, kind: string): number {
  return processes
    .filter((process) => process.kind === kind)
    .reduce((sum, { pid }) => sum + usageOf(pid).cpuSeconds, 0);
}

/** Seconds of a core that each kind of process used while the work was done. */
export async function usedWhile<T>(stack: Stack, work: () => Promise<T>) {
  const kinds = ["gateway", "dispatcher", "nats"] as const;
  const before = kinds.map((kind) => used(stack, kind));
  const began = performance.now();
  const result = await work();
  const seconds = (performance.now() - began) / 1_000;
  const [gateway = 0, dispatcher = 0, nats = 0] = kinds.map(
    (kind, index) => used(stack, kind) - (before[index] ?? 0),
  );
  return { gateway, dispatcher, nats, seconds, result };
}

async function withRequests<T>(
  stack: Stack,
  videos: readonly string[],
  work: (requests: RequestsGenerator) => Promise<T>,
): Promise<T> {
  const requests = await startRequests(stack, videos);
  try {
    return await work(requests);
  } finally {
    await requests.stop();
  }
}

/** A dispatcher's requests, each sent to one gateway and then to many. */
export async function requestCosts(stack: Stack, measureMs: number) {
  const standIns: StandIn[] = [];
  const each = () =>
    withRequests(stack, VIDEOS, async (requests) => {
      const command = { inFlight: IN_FLIGHT, warmUpMs: 0, measureMs };
      const cost = await usedWhile(stack, () => requests.request("saturate", command));
      const count = cost.result.perSecond * (measureMs / 1_000);
      return { dispatcher: cost.dispatcher / count, nats: cost.nats / count };
    });
  const addGateway = async () => {
    standIns.push(await standInGateway(stack.natsUrlAs("gateway"), VIDEOS));
  };
  try {
    await addGateway();
    await each(); // Until the code is compiled.
    const one = await each();
    for (let count = 0; count < FURTHER_GATEWAYS; count += 1) await addGateway();
    const many = await each();
    return {
      requestUs: one.dispatcher * US_PER_SECOND,
      emitUs: ((many.dispatcher - one.dispatcher) / FURTHER_GATEWAYS) * US_PER_SECOND,
      // The request and the answer, each in and out, and the message to the gateway, which has no receiver.
      natsUs: (one.nats / 5) * US_PER_SECOND,
    };
  } finally {
    for (const standIn of standIns) await standIn.stop();
  }
}

/** A gateway: viewers that connect, and writes to them. Its frame interval must be fixed. */
export async function viewerCosts(stack: Stack, viewers: number, measureMs: number) {
  const [video = ""] = VIDEOS;
  const fleet = await Fleet.start({
    system: stack,
    viewers,
  });
  try {
    const opened = await usedWhile(stack, () =>
      fleet.open([{ video, viewers }], { atATime: 200, reconnects: false }),
    );
    const written = await withRequests(stack, [video], async (requests) => {
      const command = { perSecond: 200, warmUpMs: WARM_UP_MS, measureMs };
      const before = await framesSent(stack);
      const cost = await usedWhile(stack, () => requests.request("steady", command));
      return cost.gateway / ((await framesSent(stack)) - before);
    });
    return {
      connectUs: (opened.gateway / opened.result.subscribed) * US_PER_SECOND,
      writeUs: written * US_PER_SECOND,
    };
  } finally {
    await fleet.stop();
  }
}

async function framesSent({ processes }: Stack): Promise<number> {
  const pages = await gatewayMetrics(processes);
  return pages.reduce((sum, page) => sum + page.sum("ovation_gateway_frames_sent_total"), 0);
}

/** A gateway that receives much and writes little: one viewer on each video, and long frame intervals. */
export async function receiveCosts(stack: Stack, measureMs: number) {
  const fleet = await Fleet.start({
    system: stack,
    viewers: VIDEOS.length,
  });
  const perSecond = 10_000;
  try {
    const audiences = VIDEOS.map((video) => ({ video, viewers: 1 }));
    await fleet.open(audiences, { atATime: 100, reconnects: false });
    return await withRequests(stack, VIDEOS, async (requests) => {
      const command = { perSecond, warmUpMs: 0, measureMs };
      await requests.request("steady", command); // Until the code is compiled.
      const cost = await usedWhile(stack, () => requests.request("steady", command));
      const count = (perSecond * measureMs) / 1_000;
      return { receiveUs: (cost.gateway / count) * US_PER_SECOND };
    });
  } finally {
    await fleet.stop();
  }
}

/** What each part spends on events of one kind that viewers publish on many videos. */
export async function publishCosts(
  stack: Stack,
  kind: "like" | "comment",
  perSecond: number,
  measureMs: number,
) {
  const fleet = await Fleet.start({
    system: stack,
    kind,
    viewers: 0,
    publisherConnections: 50,
  });
  const text = kind === "comment" ? "What a goal! Did you see how he went past?" : undefined;
  const publish = async (ms: number) => {
    const fromUs = 0;
    const window = { epochUs: nowUs() + LEAD_US, fromUs, toUs: ms * 1_000 };
    const streams = VIDEOS.map((video) =>
      steady(video, kind, perSecond / VIDEOS.length, ms / 1_000, text),
    );
    return await fleet.publish(window, streams);
  };
  try {
    await publish(WARM_UP_MS);
    const cost = await usedWhile(stack, () => publish(measureMs));
    const count = Object.values(cost.result.accepted).reduce((sum, accepted) => sum + accepted, 0);
    const each = (seconds: number) => (seconds / count) * US_PER_SECOND;
    return {
      gateway: each(cost.gateway),
      dispatcher: each(cost.dispatcher),
    };
  } finally {
    await fleet.stop();
  }
}

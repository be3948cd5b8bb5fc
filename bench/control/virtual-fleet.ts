/** Many virtual gateways in a few processes, with their leases and rows. */
import { setTimeout as wait } from "node:timers/promises";
import { readMetrics } from "../../kit/metrics-page.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { Generator } from "./generator.ts";
import type { GatewaysLoad, GatewaysSums } from "./messages.ts";
import { share } from "./share.ts";
import type { Stack } from "./stack.ts";
import { type StandIn, standInGateways } from "./stand-in-gateway.ts";
import type { ServerProcess } from "./system.ts";

const PROCESSES = 2;

type GatewaysGenerator = ReturnType<typeof Generator.gateways>;

interface Part {
  readonly generator: GatewaysGenerator;
  /** The part of all likes that its gateways publish. */
  readonly share: number;
}

/** What is on its way to a gateway when everything is answered arrives within this time. */
const ARRIVALS_MS = 10_000;
const POLL_MS = 200;
/** Dispatchers that serve a partition. */
const OWNERS = 2;
/** They know of all gateways within this time. */
const ROWS_MS = 20_000;

export class VirtualFleet {
  readonly #parts: readonly Part[];
  readonly #standIn: StandIn;

  private constructor(parts: readonly Part[], standIn: StandIn) {
    this.#parts = parts;
    this.#standIn = standIn;
  }

  /** Starts gateways of one video; resolves when dispatchers can send to them. */
  static async start(
    stack: Pick<Stack, "natsUrlAs" | "processes">,
    video: string,
    gateways: number,
  ): Promise<VirtualFleet> {
    const url = stack.natsUrlAs("gateway");
    const { hostname: host, port, username: user, password } = new URL(url);
    const nats = { host, port: Number(port), user, password };
    const ids = Array.from({ length: gateways }, newNodeId);
    const processes = Math.min(PROCESSES, gateways);
    const parts: Part[] = [];
    const stopParts = () => Promise.all(parts.map(({ generator }) => generator.stop()));
    try {
      let from = 0;
      for (const [index, count] of share(gateways, Array(processes).fill(1)).entries()) {
        const generator = Generator.gateways(`gateways-${index + 1}`);
        parts.push({ generator, share: count / gateways });
        const own = ids.slice(from, from + count);
        from += count;
        await generator.request("setup", { nats, video, ids: own });
      }
      const standIn = await standInGateways(url, [video], ids);
      await untilRowsAreKnown(stack.processes, gateways);
      return new VirtualFleet(parts, standIn);
    } catch (error) {
      await stopParts();
      throw error;
    }
  }

  /** The processes, whose cost is the generator's. */
  get processes(): readonly ServerProcess[] {
    return this.#parts.map(({ generator: { name, pid } }) => ({ kind: "generator", name, pid }));
  }

  /** Publishes by schedule; resolves when the time is over. */
  async load({ perSecond, ms }: GatewaysLoad): Promise<void> {
    await Promise.all(
      this.#parts.map(({ generator, share: part }) =>
        generator.request("load", { perSecond: perSecond * part, ms }),
      ),
    );
  }

  async sums(): Promise<GatewaysSums> {
    return added(await this.#all((generator) => generator.request("sums", undefined)));
  }

  /** Waits until all is answered, and the gateways that count have got all that was accepted. */
  async settle(): Promise<GatewaysSums & { readonly times: readonly string[] }> {
    const times = await this.#all((generator) => generator.request("answered", undefined));
    const deadline = performance.now() + ARRIVALS_MS;
    const isMissing = ({ seenLikes, accepted }: GatewaysSums) =>
      seenLikes.some((likes) => likes < accepted);
    while (isMissing(await this.sums()) && performance.now() < deadline) await wait(POLL_MS);
    // Longer than a window: more may follow that nobody accepted.
    await wait(POLL_MS);
    return { ...(await this.sums()), times };
  }

  async stop(): Promise<void> {
    await this.#standIn.stop();
    await Promise.all(this.#parts.map(({ generator }) => generator.stop()));
  }

  #all<R>(request: (generator: GatewaysGenerator) => Promise<R>): Promise<R[]> {
    return Promise.all(this.#parts.map(({ generator }) => request(generator)));
  }
}

/**
 * The dispatchers of the video's partition know all of its gateways.
 * @throws when that takes too long: they would not send to all
 */
async function untilRowsAreKnown(processes: readonly ServerProcess[], rows: number): Promise<void> {
  const urls = processes.flatMap(({ kind, metricsUrl }) =>
    kind === "dispatcher" && metricsUrl !== undefined ? [metricsUrl] : [],
  );
  const deadline = performance.now() + ROWS_MS;
  for (;;) {
    const pages = await Promise.all(urls.map((url) => readMetrics(url, ROWS_MS)));
    const knowing = pages.filter((page) => page.sum("ovation_dispatcher_table_rows") >= rows);
    if (knowing.length >= Math.min(OWNERS, urls.length)) return;
    if (performance.now() > deadline) throw new Error("dispatchers don't know all gateways");
    await wait(POLL_MS);
  }
}

function added(parts: readonly GatewaysSums[]): GatewaysSums {
  const sum = (of: (part: GatewaysSums) => number) =>
    parts.reduce((all, part) => all + of(part), 0);
  return {
    messages: sum(({ messages }) => messages),
    bytes: sum(({ bytes }) => bytes),
    requests: sum(({ requests }) => requests),
    accepted: sum(({ accepted }) => accepted),
    refused: sum(({ refused }) => refused),
    seenLikes: parts.flatMap(({ seenLikes }) => seenLikes),
  };
}

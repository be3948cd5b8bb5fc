/**
 * The load generator of a run: its viewer and publisher processes, controlled as one.
 *
 * A sample of the viewers has a separate process and reads at once, so that latencies are measured
 * where nothing else delays the event loop. The others share processes that let frames accumulate.
 */
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import { packed, unpacked } from "../latency.ts";
import type { Stream } from "../publishers/schedule.ts";
import { addExactness, noExactness } from "../viewers/accounts.ts";
import { Generator } from "./generator.ts";
import { LOOPBACK } from "./link.ts";
import type {
  Audience,
  ExpectedByVideo,
  OpenCommand,
  Opened,
  Published,
  PublishersCommands,
  PublishersProgress,
  Settled,
  ViewersCommands,
  ViewersCounts,
  ViewersProgress,
  Window,
} from "./messages.ts";
import { share, shareOut } from "./share.ts";
import type { ServerProcess, System } from "./system.ts";

const LIKE = "like";
/** Viewers in one process: well below the limit of open files. */
const VIEWERS_PER_PROCESS = 5_000;
const MOST_VIEWERS_PER_PROCESS = 18_000;
const MOST_PROCESSES = 4;
/** Spare room per process, because each further group of viewers is divided separately. */
const ROUNDING = 256;
/** So many connections, to whichever server, find a port without an address of their own. */
const CONNECTIONS_WITHOUT_ADDRESS = 10_000;
/**
 * Connections per local address. Linux has 28,000 ports for each, and tries every second one first:
 * beyond 14,000 it looks at all of those for each connection, which takes 2 to 6 ms of a core
 * instead of 25 µs (measured).
 */
const CONNECTIONS_PER_ADDRESS = 5_000;

export interface FleetOptions {
  readonly system: System;
  /** Likes by default. */
  readonly kind?: string;
  /** The most that are ever opened. */
  readonly viewers: number;
  /** How many of them read at once; by default, none. */
  readonly sample?: number;
  /** The share of the others whose page is hidden; by default, none is. */
  readonly hidden?: number;
  /** By default, none. */
  readonly publisherConnections?: number;
  /** False: all read at once, which is needed to notice the end of a connection. */
  readonly mayGather?: boolean;
  readonly onViewers?: (progress: ViewersProgress, name: string) => void;
  readonly onPublishers?: (progress: PublishersProgress) => void;
}

/** How the viewers read, for the report. */
export interface Split {
  /** In a separate process, with measured latencies. */
  readonly atOnce: number;
  readonly others: number;
  readonly processes: number;
}

interface Part {
  readonly generator: Generator<ViewersCommands>;
  readonly viewers: number;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #parts: Part[] = [];
  #publishers: Generator<PublishersCommands> | undefined;

  private constructor(options: FleetOptions) {
    this.#options = options;
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    try {
      await fleet.#start();
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  get split(): Split {
    const { sample = 0, viewers } = this.#options;
    const atOnce = Math.min(sample, viewers);
    return { atOnce, others: viewers - atOnce, processes: this.#parts.length };
  }

  /** The processes whose cost is measured. */
  get processes(): readonly ServerProcess[] {
    const viewers = this.#parts.map(({ generator }) => ({ kind: "viewers", generator }));
    const publishers = this.#publishers === undefined ? [] : [this.#publishers];
    return [
      ...viewers.map(({ kind, generator: { name, pid } }) => ({ kind, name, pid })),
      ...publishers.map(({ name, pid }) => ({ kind: "publishers", name, pid })),
      { kind: "controller", name: "controller", pid: process.pid },
    ];
  }

  /** Opens viewers, and returns how long it took until all were subscribed. */
  async open(
    audiences: readonly Audience[],
    how: Omit<OpenCommand, "audiences">,
  ): Promise<Opened & { readonly tookMs: number }> {
    const began = monotonicNow();
    const atATime = Math.max(1, Math.ceil(how.atATime / this.#parts.length));
    const parts = await this.#each(shareOut(audiences, this.#weights()), (generator, part) =>
      generator.request("open", { ...how, atATime, audiences: part }),
    );
    return { ...mergeOpened(parts), tookMs: monotonicNow() - began };
  }

  /** Resolves when every viewer is subscribed, and none at the target of that index. */
  async awaitMoved(awayFrom: number, timeoutMs: number): Promise<Opened> {
    const command = { awayFrom, timeoutMs };
    return mergeOpened(await this.#all((generator) => generator.request("awaitMoved", command)));
  }

  async begin(window: Window): Promise<void> {
    await this.#all((generator) => generator.request("begin", window));
  }

  /** Disconnects that many viewers of each video, newest first. */
  async leave(audiences: readonly Audience[]): Promise<void> {
    await this.#each(shareOut(audiences, this.#weights()), (generator, part) =>
      generator.request("leave", part),
    );
  }

  async counts(): Promise<ViewersCounts> {
    const parts = await this.#all((generator) => generator.request("counts", undefined));
    const sum = (of: (counts: ViewersCounts) => number) =>
      parts.reduce((all, part) => all + of(part), 0);
    return {
      received: sum(({ received }) => received),
      frames: sum(({ frames }) => frames),
      bytes: sum(({ bytes }) => bytes),
    };
  }

  async publish(window: Window, streams: readonly Stream[]): Promise<Published> {
    if (this.#publishers === undefined) throw new Error("this fleet has no publishers");
    const { kind = LIKE } = this.#options;
    return await this.#publishers.request("publish", { window, streams, kind });
  }

  async settle(expected: ExpectedByVideo): Promise<Settled> {
    const parts = await this.#all((generator) => generator.request("settle", expected));
    const exactness = noExactness();
    for (const part of parts) addExactness(exactness, part.exactness);
    return {
      gathered: parts.reduce((all, { gathered }) => all + gathered, 0),
      exactness,
      latency: packed(unpacked(parts.map(({ latency }) => latency))),
      faults: mergeFaults(parts),
    };
  }

  async stop(): Promise<void> {
    const generators = [...this.#parts.map(({ generator }) => generator), this.#publishers];
    await Promise.all(generators.map((generator) => generator?.stop()));
  }

  async #start(): Promise<void> {
    const { system, kind = LIKE, publisherConnections = 0, onPublishers } = this.#options;
    const { atOnce, others } = this.split;
    const count = Math.max(
      Math.ceil(others / MOST_VIEWERS_PER_PROCESS),
      Math.min(MOST_PROCESSES, Math.ceil(others / VIEWERS_PER_PROCESS)),
    );
    if (atOnce > 0) this.#add("viewers-at-once", atOnce);
    for (const [index, viewers] of share(others, Array(count).fill(1)).entries()) {
      this.#add(`viewers-${index + 1}`, viewers);
    }
    const addresses = this.#localAddresses();
    await Promise.all(
      this.#parts.map(({ generator, viewers }) =>
        generator.request("setup", {
          dialect: system.dialect,
          kind,
          targets: system.targets,
          localAddresses: addresses,
          atOnce: generator.name === "viewers-at-once" || this.#options.mayGather === false,
          hidden: generator.name === "viewers-at-once" ? 0 : (this.#options.hidden ?? 0),
          capacity: viewers + ROUNDING,
        }),
      ),
    );
    if (publisherConnections === 0) return;
    this.#publishers = Generator.publishers(
      "publishers",
      (progress) => onPublishers?.(progress as PublishersProgress),
      system.link?.namespace,
    );
    await this.#publishers.request("setup", {
      dialect: system.dialect,
      targets: system.targets,
      connections: publisherConnections,
      // One address each, since gateways give each client a share of their time.
      localAddresses: this.#publisherAddresses(),
    });
  }

  #add(name: string, viewers: number): void {
    const generator = Generator.viewers(
      name,
      (progress) => this.#options.onViewers?.(progress as ViewersProgress, name),
      this.#options.system.link?.namespace,
    );
    this.#parts.push({ generator, viewers });
  }

  get #isLocal(): boolean {
    return this.#options.system.targets.every(({ host }) => host.startsWith("127."));
  }

  /** On loopback, connections can come from any address in 127.0.0.0/8. */
  #localAddresses(): string[] {
    const { viewers } = this.#options;
    if (!this.#isLocal || viewers <= CONNECTIONS_WITHOUT_ADDRESS) return [];
    return viewerAddresses(Math.ceil(viewers / CONNECTIONS_PER_ADDRESS));
  }

  #publisherAddresses(): readonly string[] {
    const { link } = this.#options.system;
    if (link !== undefined) return link.publisherAddresses;
    return this.#isLocal ? LOOPBACK.publisherAddresses : [];
  }

  #weights(): number[] {
    return this.#parts.map(({ viewers }) => viewers);
  }

  #all<R>(request: (generator: Generator<ViewersCommands>) => Promise<R>): Promise<R[]> {
    return Promise.all(this.#parts.map(({ generator }) => request(generator)));
  }

  #each<A, R>(
    argumentsOfParts: readonly A[],
    request: (generator: Generator<ViewersCommands>, argument: A) => Promise<R>,
  ): Promise<R[]> {
    return Promise.all(
      this.#parts.map(({ generator }, index) => request(generator, argumentsOfParts[index] as A)),
    );
  }
}

/** Up to 127.0.199.250. */
function viewerAddresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const [net, host] = [Math.floor(index / 250) % 200, (index % 250) + 1];
    return `127.0.${net}.${net === 0 ? host + 1 : host}`;
  });
}

function mergeOpened(parts: readonly Opened[]): Opened {
  const sum = (of: (part: Opened) => number) => parts.reduce((all, part) => all + of(part), 0);
  return {
    subscribed: sum(({ subscribed }) => subscribed),
    failed: sum(({ failed }) => failed),
    faults: mergeFaults(parts),
    subscribeTimes: packed(unpacked(parts.map(({ subscribeTimes }) => subscribeTimes))),
  };
}

function mergeFaults(
  parts: readonly { readonly faults: Readonly<Record<string, number>> }[],
): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { faults } of parts) {
    for (const [why, count] of Object.entries(faults)) all[why] = (all[why] ?? 0) + count;
  }
  return all;
}

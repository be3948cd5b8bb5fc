/**
 * Which partitions this dispatcher serves: those that it owns by the dispatchers that it hears of.
 * It joins what it gains at once, and leaves what it loses when the new owners serve it. Two that
 * serve one for a while too many do no harm, a partition that nobody serves does.
 */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import {
  decodeDispatchingNotice,
  encodeDispatchingNotice,
} from "../../shared/protocol/dispatching.ts";
import { isGatewayId } from "../../shared/protocol/names.ts";
import { ownersOf } from "../../shared/protocol/partitions.ts";
import { DISPATCHING_SUBJECTS, dispatchingSubject } from "../../shared/protocol/subjects.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { QueueGroup } from "../requests/queue-group.ts";
import { Peers } from "./peers.ts";

/** How often a dispatcher says that it is alive. */
export const HEARTBEAT_MS = 1_000;
/** The longest wait for others to take over what a dispatcher that stops serves. */
const HAND_OVER_MS = 3_000;

interface AssignmentOptions {
  readonly dispatcher: string;
  /** How many partitions there are. */
  readonly partitions: number;
  readonly bus: Pick<Bus, "subscribe" | "publish" | "onState" | "state">;
  readonly queueGroup: Pick<QueueGroup, "join" | "leave" | "served">;
  readonly log: Log;
}

export class Assignment {
  /** Partitions gained and lost since the start. */
  readonly stats = { gained: 0, lost: 0 };
  readonly #options: AssignmentOptions;
  readonly #peers = new Peers();
  /** The owners of each partition, by the dispatchers that stay. */
  #owners: readonly (readonly string[])[] = [];
  /** What could have been left at the last heartbeat: interest travels through a cluster meanwhile. */
  #spare: ReadonlySet<number> = new Set();
  #isJoined = false;
  #isLeaving = false;
  #handedOver: (() => void) | undefined;
  /** The changes under way, one after the other. */
  #changes: Promise<void> = Promise.resolve();
  #subscription: BusSubscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: () => void = () => undefined;

  constructor(options: AssignmentOptions) {
    this.#options = options;
    this.#rank();
  }

  /** The other dispatchers that are known. */
  get peerCount(): number {
    return this.#peers.size;
  }

  /** Starts to listen to the others; nothing is served yet. */
  start(): void {
    const { bus, dispatcher } = this.#options;
    this.#subscription = bus.subscribe(DISPATCHING_SUBJECTS, (payload, subject) => {
      const id = subject.slice(dispatchingSubject("").length);
      if (id !== dispatcher && isGatewayId(id)) this.#heard(id, payload);
    });
    this.#unlisten = bus.onState((state) => {
      if (state !== "connected") return;
      this.#peers.forgive();
      this.#notify();
    });
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
    // Whoever hears of a new one answers.
    this.#notify();
  }

  /** Serves what it owns; resolves when the server has processed that. */
  async join(): Promise<void> {
    this.#isJoined = true;
    await this.#change(async () => await this.#gain());
  }

  /** Has the others serve its partitions; resolves when they do, or don't in time. */
  async handOver(): Promise<void> {
    this.#isLeaving = true;
    this.#rank();
    this.#notify();
    await this.#changes;
    if (this.#isCovered() || this.#options.bus.state !== "connected") return;
    await new Promise<void>((resolve) => {
      this.#handedOver = resolve;
      setTimeout(resolve, HAND_OVER_MS).unref();
    });
  }

  /** Tells the others that it is gone. */
  stop(): void {
    clearInterval(this.#timer);
    this.#unlisten();
    this.#subscription?.unsubscribe();
    if (!this.#isLeaving) return;
    this.#send([]);
  }

  #heard(id: string, payload: Uint8Array): void {
    const notice = decodeDispatchingNotice(payload);
    // With another number of partitions, their numbers mean something else.
    if (notice === undefined || notice.partitions !== this.#options.partitions) return;
    const isNew = !this.#peers.has(id);
    const isChanged = this.#peers.heard(id, notice);
    if (isNew && this.#peers.has(id)) this.#notify();
    if (isChanged) this.#reassign();
    if (this.#isCovered()) this.#handedOver?.();
  }

  #beat(): void {
    if (this.#options.bus.state !== "connected") return;
    if (this.#peers.beat()) this.#reassign();
    this.#notify();
    void this.#change(async () => await this.#lose());
  }

  #reassign(): void {
    this.#rank();
    void this.#change(async () => await this.#gain());
  }

  #rank(): void {
    const { dispatcher, partitions } = this.#options;
    const staying = [...this.#peers.staying(), ...(this.#isLeaving ? [] : [dispatcher])].sort();
    this.#owners = Array.from({ length: partitions }, (_, number) => ownersOf(number, staying));
  }

  async #change(work: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(work).catch((error: unknown) => {
      // The connection was lost: what was joined comes back with it.
      this.#options.log.debug({ err: error }, "partitions could not be changed");
    });
    this.#changes = done;
    await done;
  }

  async #gain(): Promise<void> {
    const { dispatcher, queueGroup } = this.#options;
    if (!this.#isJoined || this.#isLeaving) return;
    const { served } = queueGroup;
    const gained = this.#numbers((owners, number) => {
      return owners.includes(dispatcher) && !served.has(number);
    });
    if (gained.length === 0) return;
    await queueGroup.join(gained);
    this.stats.gained += gained.length;
    this.#notify();
  }

  async #lose(): Promise<void> {
    const { dispatcher, queueGroup, log } = this.#options;
    if (!this.#isJoined || this.#isLeaving) return;
    const { served } = queueGroup;
    const spare = this.#numbers((owners, number) => {
      if (owners.includes(dispatcher) || !served.has(number)) return false;
      return owners.every((owner) => this.#peers.serves(owner, number));
    });
    const lost = spare.filter((number) => this.#spare.has(number));
    this.#spare = new Set(spare);
    if (lost.length === 0) return;
    await queueGroup.leave(lost);
    this.stats.lost += lost.length;
    log.info({ lost: lost.length, left: queueGroup.served.size }, "other dispatchers serve them");
    this.#notify();
  }

  #numbers(isIn: (owners: readonly string[], number: number) => boolean): number[] {
    return this.#owners.flatMap((owners, number) => (isIn(owners, number) ? number : []));
  }

  /** Whether the others serve all that this one does, or there are none. */
  #isCovered(): boolean {
    if (this.#peers.staying().length === 0) return true;
    return [...this.#options.queueGroup.served].every((number) => this.#peers.isServed(number));
  }

  #notify(): void {
    this.#send([...this.#options.queueGroup.served]);
  }

  #send(serves: number[]): void {
    const { bus, dispatcher, partitions } = this.#options;
    const notice = { partitions, serves, isLeaving: this.#isLeaving };
    bus.publish(dispatchingSubject(dispatcher), encodeDispatchingNotice(notice));
  }
}

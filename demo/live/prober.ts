/**
 * Measures the latency of an event: publishes one as a service would, and observes on the bus when a
 * dispatcher sends it to the gateways and answers. Only a viewer can measure the rest of its path.
 * Comments are measured on a separate video, which nobody watches.
 */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import { publishReplySchema } from "../../shared/protocol/events.ts";
import { decodeFanoutMessage } from "../../shared/protocol/fanout-message.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { frontendSubjects, publishSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { sharedNow } from "../clock.ts";
import { PROBE_KIND, type ProbeData, type ProbeView } from "../contract.ts";

/** A probe that takes longer counts as lost. */
const LOST_MS = 2_000;
const STORED_VIDEO = "ovation-probe";

interface ProberOptions {
  /** Observes the gateways' subjects. */
  readonly bus: Bus;
  /** Publishes the probes. */
  readonly publisher: Bus;
  readonly video: string;
  readonly now: () => number;
}

export class Prober {
  readonly #options: ProberOptions;
  #subscription: BusSubscription | undefined;
  /** The probe in flight, and what to call when a dispatcher sends it to the gateways. */
  #awaited: { readonly id: string; readonly seen: () => void } | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  start(): void {
    const { bus, video } = this.#options;
    this.#subscription = bus.subscribe(frontendSubjects(video), (payload) =>
      this.#receive(payload),
    );
  }

  stop(): void {
    this.#subscription?.unsubscribe();
  }

  /** Sends one probe; a step that it does not complete is absent from the result. */
  async probe(): Promise<ProbeView> {
    const id = newNodeId();
    const data: ProbeData = { sentAt: sharedNow() };
    const [dispatchedMs, answeredMs, storedMs] = await Promise.all([
      this.#dispatched(id),
      this.#answered(this.#options.video, { id, kind: PROBE_KIND, data }),
      this.#answered(STORED_VIDEO, { id, kind: "comment", data: { text: "probe" } }),
    ]);
    this.#awaited = undefined;
    return {
      id,
      ...data,
      ...(dispatchedMs === undefined ? {} : { dispatchedMs }),
      ...(answeredMs === undefined ? {} : { answeredMs }),
      ...(storedMs === undefined ? {} : { storedMs }),
    };
  }

  async #answered(video: string, event: object): Promise<number | undefined> {
    const { publisher, now } = this.#options;
    const began = now();
    try {
      const answer = await publisher.request(publishSubject(video), encodeMsgpack(event), LOST_MS);
      const tookMs = now() - began;
      const reply = publishReplySchema.parse(decodeTrustedMsgpack(answer));
      return "accepted" in reply ? tookMs : undefined;
    } catch {
      return undefined;
    }
  }

  #dispatched(id: string): Promise<number | undefined> {
    const { now } = this.#options;
    const began = now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), LOST_MS);
      const seen = () => {
        clearTimeout(timer);
        resolve(now() - began);
      };
      this.#awaited = { id, seen };
    });
  }

  #receive(payload: Uint8Array): void {
    // During a flood, most messages need no decoding.
    if (this.#awaited === undefined) return;
    const { id, seen } = this.#awaited;
    const dispatched = decodeFanoutMessage(payload);
    if (dispatched?.form !== "events") return;
    if (!dispatched.events.some(({ repeatKey }) => repeatKey?.startsWith(`${id} `))) return;
    this.#awaited = undefined;
    seen();
  }
}

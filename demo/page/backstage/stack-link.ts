/** The page's link to its stack: snapshots, actions, and the figures of the last minute. */
import { sharedNow } from "../../clock.ts";
import {
  type ActivityEntry,
  type Audience,
  CONTROL_PATHS,
  type ProbeData,
  type ProbeView,
  processPath,
  type Snapshot,
  type StackLocation,
} from "../../contract.ts";
import type { DemoOvation, DemoVideo } from "../kinds.ts";
import { Trail } from "./trail.ts";

export const SPAN_MS = 60_000;
/** Snapshots may arrive more often than points are added. */
const POINT_EVERY_MS = 400;
/** Probes that this page has received and the stack has not reported yet. */
const SEEN_LIMIT = 20;
const HAPPENINGS_LIMIT = 30;

/** What a page shows of its stack. */
export interface StackView {
  readonly snapshot: Snapshot | undefined;
  readonly isReachable: boolean;
  /** The stack's own and this page's, oldest first. */
  readonly happenings: readonly ActivityEntry[];
}

export class StackLink {
  /** Per second: likes that this page received, and deliveries to all viewers. */
  readonly rates = new Trail(2, SPAN_MS);
  /** By hop: to a dispatcher and on to the gateways; from there to this page; storing a comment. */
  readonly latencies = new Trail(3, SPAN_MS);
  readonly #base: string;
  readonly #listeners = new Set<() => void>();
  readonly #seen = new Map<string, number>();
  #own: readonly ActivityEntry[] = [];
  #ownCount = 0;
  #view: StackView = { snapshot: undefined, isReachable: true, happenings: [] };
  #probe: ProbeView | undefined;
  #unsentAudience: Audience | undefined;
  #isSendingAudience = false;
  #likes = 0;
  #pointAt = 0;

  constructor({ controlPort }: StackLocation) {
    this.#base = `http://${location.hostname}:${controlPort}`;
  }

  readonly getView = (): StackView => this.#view;

  readonly subscribe = (onChange: () => void): (() => void) => {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  };

  /** Listens to the stack and the video until the returned function is called. */
  start(ovation: DemoOvation, video: DemoVideo): () => void {
    // It reconnects by itself when the stack has been down.
    const source = new EventSource(this.#base + CONTROL_PATHS.live);
    source.onmessage = ({ data }) => this.#take(JSON.parse(String(data)) as Snapshot);
    source.onerror = () => this.#set({ isReachable: false });
    const offs = [
      video.onFrame(({ counts }) => {
        this.#likes += counts["like"] ?? 0;
      }),
      video.on("probe", ({ id, data }) => this.#see(id, data)),
      this.#logReconnects(ovation),
    ];
    return () => {
      source.close();
      for (const off of offs) off();
    };
  }

  /** Sends one request at a time, so that the last size wins: the browser may reorder requests. */
  async setAudience(audience: Audience): Promise<void> {
    this.#unsentAudience = audience;
    if (this.#isSendingAudience) return;
    this.#isSendingAudience = true;
    while (this.#unsentAudience !== undefined) {
      const unsent = this.#unsentAudience;
      this.#unsentAudience = undefined;
      await this.#post(CONTROL_PATHS.audience, unsent);
    }
    this.#isSendingAudience = false;
  }

  async kill(name: string): Promise<void> {
    await this.#post(processPath(name, "kill"));
  }

  async revive(name: string): Promise<void> {
    await this.#post(processPath(name, "revive"));
  }

  async #post(path: string, body: object = {}): Promise<void> {
    try {
      await fetch(this.#base + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    } catch {
      this.#set({ isReachable: false });
    }
  }

  #take(snapshot: Snapshot): void {
    const elapsedMs = snapshot.at - this.#pointAt;
    if (elapsedMs >= POINT_EVERY_MS) {
      const likes = this.#pointAt === 0 ? undefined : (this.#likes / elapsedMs) * 1_000;
      this.rates.add(snapshot.at, [likes, snapshot.rates.deliveriesOut]);
      this.#pointAt = snapshot.at;
      this.#likes = 0;
    }
    const { probe } = snapshot;
    if (probe !== undefined && probe.id !== this.#probe?.id) {
      // A probe may reach this page after the stack has reported it, so the previous one is plotted.
      if (this.#probe !== undefined) this.#plot(this.#probe);
      this.#probe = probe;
    }
    this.#set({ snapshot, isReachable: true });
  }

  #see(id: string, data: unknown): void {
    const { sentAt } = (data ?? {}) as Partial<ProbeData>;
    if (typeof sentAt !== "number") return;
    this.#seen.set(id, sharedNow() - sentAt);
    if (this.#seen.size <= SEEN_LIMIT) return;
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined) this.#seen.delete(oldest);
  }

  #plot({ id, sentAt, dispatchedMs, storedMs }: ProbeView): void {
    const seenMs = this.#seen.get(id);
    this.#seen.delete(id);
    const isWhole = seenMs !== undefined && dispatchedMs !== undefined;
    // The clocks of two processes agree to about a millisecond.
    const onwardMs = isWhole ? Math.max(0.5, seenMs - dispatchedMs) : undefined;
    this.latencies.add(sentAt, [dispatchedMs, onwardMs, storedMs]);
  }

  /** Logs when this page loses its gateway and when it is connected again. */
  #logReconnects(ovation: DemoOvation): () => void {
    let lostAt: number | undefined;
    return ovation.onState((state) => {
      if (state.name === "reconnecting" && lostAt === undefined) {
        lostAt = performance.now();
        this.#log("bad", "This page lost its gateway");
      }
      if (state.name !== "connected" || lostAt === undefined) return;
      const tookMs = Math.round(performance.now() - lostAt);
      lostAt = undefined;
      this.#log("good", `This page is connected again, after ${tookMs} ms`);
    });
  }

  #log(tone: ActivityEntry["tone"], text: string): void {
    this.#ownCount += 1;
    const own = { id: -this.#ownCount, at: Date.now(), tone, text };
    this.#own = [...this.#own, own].slice(-HAPPENINGS_LIMIT);
    this.#set({});
  }

  #set(change: Partial<StackView>): void {
    const { snapshot, isReachable } = { ...this.#view, ...change };
    const all = [...(snapshot?.happenings ?? []), ...this.#own];
    const happenings = all.sort((one, other) => one.at - other.at).slice(-HAPPENINGS_LIMIT);
    this.#view = { snapshot, isReachable, happenings };
    for (const listener of this.#listeners) listener();
  }
}

/**
 * Which videos this gateway waits for: for each, a NATS subscription and a row in the table, from
 * its first viewer until a little after its last one left.
 */
import type { Bus, BusSubscription } from "../shared/bus/connection.ts";
import { decodeDispatched } from "../shared/dispatched.ts";
import { frontendSubject } from "../shared/subjects.ts";
import { Audience, type AudienceOptions, type AudienceStats } from "./audience.ts";
import type { ChainFollower } from "./history/follower.ts";
import type { RowWriter } from "./row-writer.ts";

interface InterestOptions {
  readonly bus: Bus;
  readonly gateway: string;
  readonly rows: RowWriter;
  readonly audience: AudienceOptions;
  readonly lingerMs: number;
}

interface Entry {
  readonly audience: Audience;
  readonly subscription: BusSubscription;
  /** Resolves when the place of the video's chain is known, or can't be had just now. */
  placed: Promise<void> | undefined;
  /** Viewers that came or are about to; the entry stays while there is one. */
  holds: number;
  linger: NodeJS.Timeout | undefined;
}

export class Interest {
  readonly #options: InterestOptions;
  readonly #entries = new Map<string, Entry>();
  readonly audienceStats: AudienceStats = { received: 0, repeated: 0 };
  /** Messages from dispatchers that could not be read. */
  unreadable = 0;

  constructor(options: InterestOptions) {
    this.#options = options;
  }

  get videoCount(): number {
    return this.#entries.size;
  }

  /** Each video that is held, with its viewers; 0 while it only lingers. */
  *held(): Generator<readonly [video: string, viewers: number]> {
    for (const [video, entry] of this.#entries) yield [video, entry.holds];
  }

  /**
   * Holds a video for one viewer, and resolves when dispatchers can know of it. Each call is to be
   * matched by one {@link release}, also when it throws.
   * @throws OvationError `unavailable` when the table can't be written
   */
  async hold(video: string): Promise<Audience> {
    const entry = this.#entries.get(video) ?? this.#begin(video);
    entry.holds += 1;
    clearTimeout(entry.linger);
    entry.linger = undefined;
    const { rows } = this.#options;
    rows.set(video, entry.holds);
    await rows.ready(video);
    // After the row: what is stored before dispatchers know of it is seen here. Viewers are let in
    // without it, since what is not stored flows on; the follower goes on trying.
    entry.placed ??= entry.audience.history.sync().catch(() => undefined);
    await entry.placed;
    return entry.audience;
  }

  /** What follows a video's durable events, if the video is held. */
  historyOf(video: string): ChainFollower | undefined {
    return this.#entries.get(video)?.audience.history;
  }

  /** One viewer less. */
  release(video: string): void {
    const entry = this.#entries.get(video);
    if (entry === undefined) return;
    entry.holds -= 1;
    if (entry.holds > 0) {
      this.#options.rows.set(video, entry.holds);
      return;
    }
    entry.linger = setTimeout(() => this.#end(video, entry), this.#options.lingerMs);
  }

  stop(): void {
    for (const [video, entry] of [...this.#entries]) this.#end(video, entry);
  }

  #begin(video: string): Entry {
    const { bus, gateway, audience: options } = this.#options;
    const audience = new Audience(video, options, this.audienceStats);
    // Before the row is written: the server must know of the subscription when events begin to come.
    const subject = frontendSubject(gateway, video);
    const subscription = bus.subscribe(subject, (payload, _subject, _reply, isRelayed) => {
      // Dispatchers send what they send themselves: this is forged.
      const dispatched = isRelayed ? undefined : decodeDispatched(payload);
      switch (dispatched?.form) {
        case "events":
          return audience.receive(dispatched.events, dispatched.trace);
        case "record":
          return audience.receiveRecord(dispatched.record, dispatched.trace);
        case "head":
          return audience.history.receiveHead(dispatched.seq);
        case undefined:
          this.unreadable += 1;
      }
    });
    const entry: Entry = {
      audience,
      subscription,
      placed: undefined,
      holds: 0,
      linger: undefined,
    };
    this.#entries.set(video, entry);
    return entry;
  }

  #end(video: string, entry: Entry): void {
    clearTimeout(entry.linger);
    this.#entries.delete(video);
    entry.subscription.unsubscribe();
    entry.audience.stop();
    this.#options.rows.remove(video);
  }
}

/** One video, as an application holds it: to listen, to publish and to read back. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { VIEWERS_KIND } from "../shared/protocol/kinds.ts";
import type { Missed } from "./chain.ts";
import type { Watcher } from "./channel.ts";
import type { Frame } from "./frame.ts";
import { Listeners } from "./listeners.ts";
import type { Published, WhenLimited, WhileAway } from "./outbox.ts";

/**
 * The data of the kinds that Ovation makes itself.
 *
 * @example
 * const count = ({ viewers }: BuiltInKinds["viewers"]) => `${viewers} watching`;
 */
export interface BuiltInKinds {
  readonly viewers: { readonly viewers: number };
  /** Takes back the durable event of this id and place. */
  readonly retracted: { readonly id: string; readonly seq: number };
}

/**
 * The data that events of a kind carry: what the application says of its kinds, else unknown.
 *
 * @example
 * type Comment = DataOf<{ comment: { text: string } }, "comment">; // { text: string }
 */
export type DataOf<Kinds, Kind extends string> = Kind extends keyof BuiltInKinds
  ? BuiltInKinds[Kind]
  : Kind extends keyof Kinds
    ? Kinds[Kind]
    : unknown;

/**
 * An event of a video, with the data of its kind.
 *
 * @example
 * const show = ({ data }: EventOf<{ comment: { text: string } }, "comment">) => add(data.text);
 */
export type EventOf<Kinds, Kind extends string> = Omit<OvationEvent, "kind" | "data"> & {
  readonly kind: Kind;
  readonly data: DataOf<Kinds, Kind>;
};

/**
 * The name of a kind: those that the application told of are offered, any other is allowed.
 *
 * @example
 * const kind: KindOf<{ comment: string; wave: number }> = "wave";
 */
export type KindOf<Kinds> = (keyof Kinds & string) | keyof BuiltInKinds | (string & {});

/**
 * How a video is watched.
 *
 * @example
 * const video = ovation.video("launch", { history: 50 });
 */
export interface VideoOptions {
  /** How many durable events of the past are given first, at most 1,000. Default: 0. */
  readonly history?: number;
}

/**
 * How one event is published; by default as the {@link OvationOptions} say.
 *
 * @example
 * await video.publish("like", undefined, { whileAway: "fail" });
 */
export interface PublishOptions {
  readonly whileAway?: WhileAway;
  /** Default: `wait`. */
  readonly whenLimited?: WhenLimited;
  readonly waitMs?: number;
}

/**
 * Which part of the past to read.
 *
 * @example
 * const query: HistoryQuery = { before: oldest.seq, limit: 50 };
 */
export interface HistoryQuery {
  /** Events before this place; by default the newest. */
  readonly before?: number;
  /** How many, at most 1,000. */
  readonly limit?: number;
}

/**
 * A part of a video's past.
 *
 * @example
 * const { events, more }: HistoryPage = await video.readHistory();
 */
export interface HistoryPage {
  /** Oldest first. */
  readonly events: readonly OvationEvent[];
  /** Whether there are older ones. */
  readonly more: boolean;
  /** Names the incarnation of the history. */
  readonly epoch: string | undefined;
}

/** What a {@link Video} needs of its client. */
export interface VideoHost {
  /** Watches until the function that it returns is called. */
  watch(id: string, watcher: Watcher): () => void;
  recent(id: string, limit: number): readonly OvationEvent[];
  publish(id: string, kind: string, data: unknown, options: PublishOptions): Promise<Published>;
  history(id: string, query: HistoryQuery): Promise<HistoryPage>;
}

/**
 * One video. It is watched as long as it has a listener; while the connection is lost its listeners
 * stay, and durable events of the meantime are given when it is back: none twice, none left out
 * without {@link Video.onMissed} being told. Made by {@link Ovation.video}.
 *
 * @example
 * const video = ovation.video("launch", { history: 50 });
 * const off = video.on("comment", ({ data }) => console.log(data));
 * await video.publish("comment", { text: "hello" });
 * off();
 */
export class Video<Kinds extends object = object> {
  /** The video's id. */
  readonly id: string;
  /** How many events of the past it is given first. */
  readonly history: number;
  readonly #host: VideoHost;
  readonly #byKind = new Map<string, Listeners<OvationEvent>>();
  readonly #frames = new Listeners<Frame>();
  readonly #missed = new Listeners<Missed>();
  #holds = 0;
  #viewers: number | undefined;
  #leave: (() => void) | undefined;

  /** For {@link Ovation.video}, which is how to get one. */
  constructor(id: string, { history = 0 }: VideoOptions, host: VideoHost) {
    this.id = id;
    this.history = history;
    this.#host = host;
  }

  /**
   * The newest number of viewers; undefined before it is known.
   *
   * @example
   * video.on("viewers", () => setTitle(`${video.viewers} watching`));
   */
  get viewers(): number | undefined {
    return this.#viewers;
  }

  /**
   * The newest durable events that were given, up to `history` of them, oldest first and without
   * those that were taken back: for a part of the page that comes later.
   *
   * @example
   * for (const event of video.recent) if (event.kind === "comment") addLine(event);
   */
  get recent(): readonly OvationEvent[] {
    return this.#host.recent(this.id, this.history);
  }

  /**
   * Calls back with each event of a kind, and starts to watch. Of a flood of likes only a sample
   * comes; {@link Video.onFrame} has their exact number. Returns what ends it.
   *
   * @example
   * const off = video.on("comment", ({ id, actor, data }) => addLine(id, actor, data));
   */
  on<Kind extends KindOf<Kinds>>(
    kind: Kind,
    listener: (event: EventOf<Kinds, Kind>) => void,
  ): () => void {
    const listeners = this.#byKind.get(kind) ?? new Listeners();
    this.#byKind.set(kind, listeners);
    // What the data of a kind is, the application says.
    return this.#listen(listeners, listener as unknown as (event: OvationEvent) => void);
  }

  /**
   * Calls back with all that came at once, with exact counts, and starts to watch. Returns what
   * ends it.
   *
   * @example
   * const off = video.onFrame(({ counts }) => riseHearts(counts.like ?? 0));
   */
  onFrame(listener: (frame: Frame) => void): () => void {
    return this.#listen(this.#frames, listener);
  }

  /**
   * Calls back when durable events can't be given, since the history doesn't reach back to them or
   * is another one; those that `history` asks for follow. Starts to watch; returns what ends it.
   *
   * @example
   * video.onMissed(() => addLine("Some comments can't be shown."));
   */
  onMissed(listener: (missed: Missed) => void): () => void {
    return this.#listen(this.#missed, listener);
  }

  /**
   * Watches without a listener, so that those that come later find {@link Video.recent} filled.
   * Returns what ends it.
   *
   * @example
   * const release = video.watch();
   */
  watch(): () => void {
    this.#holds += 1;
    this.#leave ??= this.#host.watch(this.id, {
      history: this.history,
      onFrame: (frame) => this.#receive(frame),
      onMissed: (missed) => this.#missed.tell(missed),
    });
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds -= 1;
      if (this.#holds > 0) return;
      this.#leave?.();
      this.#leave = undefined;
    };
  }

  /**
   * Publishes an event. Resolves when the gateway has taken it, and a durable one is stored; it is
   * sent again, and counts once, when the connection is lost meanwhile. `data` is given as JSON
   * would. Rejects with an {@link OvationError}.
   *
   * @example
   * await video.publish("comment", { text: "hello" });
   * await video.publish("like");
   */
  async publish<Kind extends KindOf<Kinds>>(
    kind: Kind,
    data?: DataOf<Kinds, Kind>,
    options: PublishOptions = {},
  ): Promise<Published> {
    return await this.#host.publish(this.id, kind, data, options);
  }

  /**
   * Reads durable events of the past, for a page that scrolls back. Rejects with an
   * {@link OvationError}.
   *
   * @example
   * const { events, more } = await video.readHistory({ before: oldest.seq, limit: 50 });
   */
  async readHistory(query: HistoryQuery = {}): Promise<HistoryPage> {
    return await this.#host.history(this.id, query);
  }

  #receive(frame: Frame): void {
    for (const event of frame.events) {
      if (event.kind === VIEWERS_KIND) this.#countViewers(event.data);
      this.#byKind.get(event.kind)?.tell(event);
    }
    this.#frames.tell(frame);
  }

  #countViewers(data: unknown): void {
    if (typeof data !== "object" || data === null || !("viewers" in data)) return;
    if (typeof data.viewers === "number") this.#viewers = data.viewers;
  }

  #listen<T>(listeners: Listeners<T>, listener: (value: T) => void): () => void {
    const remove = listeners.add(listener);
    const release = this.watch();
    return () => {
      remove();
      release();
    };
  }
}

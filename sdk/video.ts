/** One video, as an application holds it: to listen, to publish and to read back. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { VIEWERS_KIND } from "../shared/protocol/kinds.ts";
import { HISTORY_LIMIT } from "../shared/protocol/wire/endpoints.ts";
import { check, checkOptions, type Rule } from "./arguments.ts";
import type { Missed } from "./chain.ts";
import { OvationError } from "./error.ts";
import type { Frame } from "./frame.ts";
import type { Published, WhenLimited, WhileAway } from "./outbox.ts";
import type { Watcher } from "./watchers.ts";

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
 * The data that an application publishes with a kind: what it says of its kinds. A client without a
 * type parameter may publish anything.
 *
 * @example
 * type Comment = DataOf<{ comment: { text: string } }, "comment">; // { text: string }
 */
export type DataOf<Kinds, Kind extends string> = Kind extends keyof Kinds ? Kinds[Kind] : unknown;

/**
 * An event of a video. What others have published is `unknown`, unless it was parsed.
 *
 * @example
 * const show = ({ id, data }: EventOf<"comment", { text: string }>) => addLine(id, data.text);
 */
export type EventOf<Kind extends string, Data = ReceivedData<Kind>> = Omit<
  OvationEvent,
  "kind" | "data"
> & { readonly kind: Kind; readonly data: Data };

/**
 * The data of events as they come: known of the kinds that Ovation makes itself.
 *
 * @example
 * const count: ReceivedData<"viewers"> = { viewers: 3 };
 */
export type ReceivedData<Kind extends string> = Kind extends keyof BuiltInKinds
  ? BuiltInKinds[Kind]
  : unknown;

/**
 * The name of a kind to listen to: those that the application told of are offered, any other is
 * allowed.
 *
 * @example
 * const kind: KindOf<{ comment: string; wave: number }> = "wave";
 */
export type KindOf<Kinds> = PublishKind<Kinds> | keyof BuiltInKinds | (string & {});

/**
 * The name of a kind to publish: `like`, and those that the application told of; any, if it told of
 * none.
 *
 * @example
 * const kind: PublishKind<{ comment: string }> = "comment";
 */
export type PublishKind<Kinds> = [keyof Kinds] extends [never]
  ? string
  : (keyof Kinds & string) | "like";

/**
 * What `publish` takes after the kind: data, which may be left out where it may be undefined.
 *
 * @example
 * const more: PublishArguments<{ comment: string }, "comment"> = ["hello", { waitMs: 5_000 }];
 */
export type PublishArguments<Kinds, Kind extends string> =
  undefined extends DataOf<Kinds, Kind>
    ? [data?: DataOf<Kinds, Kind> | undefined, options?: PublishOptions]
    : [data: DataOf<Kinds, Kind>, options?: PublishOptions];

/**
 * Makes of `data` what the application works with, or throws: a function, or a schema that has one
 * (Zod and others).
 *
 * @example
 * const parse: Parse<string> = (data) => String((data as { text?: unknown } | null)?.text ?? "");
 */
export type Parse<Data> = ((data: unknown) => Data) | { readonly parse: (data: unknown) => Data };

/**
 * How events of a kind are listened to. With a {@link Parse} as `parse`, events whose data it
 * refuses are left out.
 *
 * @example
 * const options: ListenOptions = { history: 20, onError: ({ code }) => report(code) };
 */
export interface ListenOptions {
  /** Called with `data_unexpected` for what `parse` refuses. Default: {@link Ovation.onError} is. */
  readonly onError?: ((error: OvationError) => void) | undefined;
  /** How many events of the past come first. Default: as the video was made with. */
  readonly history?: number | undefined;
}

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

/** What is known of a video that is watched. */
interface VideoView {
  /** The `seq` of the newest durable event that was given. */
  readonly position: number | undefined;
  recent(limit: number): readonly OvationEvent[];
  /** The newest event of a latest kind. */
  latest(kind: string): OvationEvent | undefined;
}

/** What a {@link Video} needs of its client. */
export interface VideoHost {
  /** Watches until the function that it returns is called. */
  watch(id: string, watcher: Watcher): () => void;
  /** What is known of a video; undefined while it is not watched. */
  channel(id: string): VideoView | undefined;
  report(error: OvationError): void;
  publish(id: string, kind: string, data: unknown, options: PublishOptions): Promise<Published>;
  history(id: string, query: HistoryQuery): Promise<HistoryPage>;
}

const LISTEN_RULES: Readonly<Record<string, Rule>> = {
  parse: undefined,
  onError: "function",
  history: [0, HISTORY_LIMIT],
};

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
    const data = this.#host.channel(this.id)?.latest(VIEWERS_KIND)?.data;
    return (data as BuiltInKinds["viewers"] | undefined)?.viewers;
  }

  /**
   * The newest durable events that were given, up to `history` of them, oldest first and without
   * those that were taken back: for a part of the page that comes later.
   *
   * @example
   * for (const event of video.recent) if (event.kind === "comment") addLine(event);
   */
  get recent(): readonly OvationEvent[] {
    return this.#host.channel(this.id)?.recent(this.history) ?? [];
  }

  /**
   * The `seq` of the newest durable event that was given to anybody here; undefined before it is
   * known.
   *
   * @example
   * localStorage.setItem("read", String(video.position));
   */
  get position(): number | undefined {
    return this.#host.channel(this.id)?.position;
  }

  /**
   * Calls back with each event of a kind, and starts to watch. The past that the video's `history`
   * asks for comes first, and so does the newest viewer count, however late the listener is. Of a
   * flood of likes only a sample comes; {@link Video.onFrame} has their exact number. Returns what
   * ends it.
   *
   * @example
   * const parse = (data: unknown) => String((data as { text?: unknown } | null)?.text ?? "");
   * const off = video.on("comment", ({ id, data }) => addLine(id, data), { parse });
   */
  on<Kind extends KindOf<Kinds>, Data>(
    kind: Kind,
    listener: (event: EventOf<Kind, Data>) => void,
    options: ListenOptions & { readonly parse: Parse<Data> },
  ): () => void;
  on<Kind extends KindOf<Kinds>>(
    kind: Kind,
    listener: (event: EventOf<Kind>) => void,
    options?: ListenOptions,
  ): () => void;
  on(
    kind: string,
    listener: (event: EventOf<string>) => void,
    options: ListenOptions & { parse?: Parse<unknown> } = {},
  ): () => void {
    check("kind", kind, "string");
    check("listener", listener, "function");
    checkOptions(options, LISTEN_RULES);
    const { parse, onError, history = this.history } = options;
    const give = (event: OvationEvent) => {
      if (event.kind !== kind) return;
      let { data } = event;
      try {
        if (parse !== undefined) {
          data = typeof parse === "function" ? parse(data) : parse.parse(data);
        }
      } catch (cause) {
        const message = `parse refuses the data of a ${kind}`;
        const error = new OvationError("data_unexpected", message, { video: this.id, cause });
        return (onError ?? this.#host.report)(error);
      }
      listener({ ...event, kind, data });
    };
    return this.#host.watch(this.id, { history, onEvent: give });
  }

  /**
   * Calls back with all that came at once, with exact counts, and starts to watch. Returns what
   * ends it.
   *
   * @example
   * const off = video.onFrame(({ counts }) => riseHearts(counts.like ?? 0));
   */
  onFrame(listener: (frame: Frame) => void): () => void {
    return this.#watch("onFrame", listener);
  }

  /**
   * Calls back when durable events can't be given, since the history doesn't reach back to them or
   * is another one; those that `history` asks for follow. Starts to watch; returns what ends it.
   *
   * @example
   * video.onMissed(() => addLine("Some comments can't be shown."));
   */
  onMissed(listener: (missed: Missed) => void): () => void {
    return this.#watch("onMissed", listener);
  }

  /**
   * Watches without a listener, so that those that come later find {@link Video.recent} filled.
   * Returns what ends it.
   *
   * @example
   * const release = video.watch();
   */
  watch(): () => void {
    return this.#host.watch(this.id, { history: this.history });
  }

  /**
   * Publishes an event. Resolves when the gateway has taken it, and a durable one is stored; it is
   * sent again, and counts once, when the connection is lost meanwhile. Rejects with an
   * {@link OvationError}.
   *
   * `data` is written as JSON would: fields that are undefined are left out, and `toJSON` is called,
   * of a Date for one. What JSON would lose in silence (NaN, a Map, undefined in a list) and what
   * gateways don't take is refused at once: with `data_invalid`, `field` names the place, and with
   * `data_too_large`, `limit` says how many bytes may be sent. Nothing else is touched.
   *
   * @example
   * await video.publish("comment", { text: "hello" });
   * await video.publish("like");
   */
  async publish<Kind extends PublishKind<Kinds>>(
    kind: Kind,
    ...[data, options = {}]: PublishArguments<Kinds, Kind>
  ): Promise<Published> {
    return await this.#host.publish(this.id, kind, data, options);
  }

  /**
   * Reads durable events of the past, for a page that scrolls back. Rejects with an
   * {@link OvationError}, or with a RangeError when `limit` is not a whole number from 1 to 1,000.
   *
   * @example
   * const { events, more } = await video.readHistory({ before: oldest.seq, limit: 50 });
   */
  async readHistory(query: HistoryQuery = {}): Promise<HistoryPage> {
    return await this.#host.history(this.id, query);
  }

  #watch<Name extends "onFrame" | "onMissed">(name: Name, listener: Watcher[Name]): () => void {
    check("listener", listener, "function");
    return this.#host.watch(this.id, { history: this.history, [name]: listener });
  }
}

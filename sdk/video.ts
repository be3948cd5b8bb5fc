/** A handle of one video: to listen, to publish and to read its history. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { VIEWERS_KIND } from "../shared/protocol/kinds.ts";
import { HISTORY_LIMIT } from "../shared/protocol/wire/endpoints.ts";
import type { Counts } from "../shared/protocol/wire/server-messages.ts";
import { check, checkOptions, type Rule } from "./arguments.ts";
import type { Missed, Position } from "./chain.ts";
import { OvationError } from "./error.ts";
import type { Frame } from "./frame.ts";
import type { HistoryPage, HistoryQuery } from "./history.ts";
import type { FollowedVideo } from "./live/host.ts";
import type { Poll } from "./live/shown-poll.ts";
import type { StateOptions } from "./live/state.ts";
import { type LiveValue, loadedValue } from "./live-value.ts";
import type { Moderation } from "./moderation.ts";
import type { Published } from "./outbox.ts";
import type { Parse } from "./parse.ts";
import type { HeldHost, ReplayHost } from "./playhead/host.ts";
import type { Playhead } from "./playhead.ts";
import type {
  BuiltInKinds,
  EventOf,
  KindOf,
  PublishArguments,
  PublishKind,
} from "./typed-events.ts";
import type {
  ListenOptions,
  PublishOptions,
  ReplayOptions,
  VideoOptions,
} from "./video-options.ts";
import type { Watcher } from "./watchers.ts";

/**
 * The result of {@link Video.reactions}.
 *
 * @example
 * const clap = ({ publish }: Reactions) => publish("👏");
 */
export interface Reactions extends LiveValue<Counts> {
  readonly publish: (variant: string) => Promise<Published>;
}

/**
 * The result of {@link Video.poll}.
 *
 * @example
 * const voteForFirst = ({ vote }: LivePoll) => vote(0);
 */
export interface LivePoll extends LiveValue<Poll | undefined> {
  /** Rejects with `already_voted`, `poll_closed`, `actor_required` and others. */
  readonly vote: (choice: number) => Promise<Published>;
}

type LiveModule = typeof import("./live/index.ts");

/** What a {@link Video} needs from its client. */
export interface VideoHost extends HeldHost, ReplayHost {
  /** @throws OvationError `chunk_unavailable` */
  live(): Promise<LiveModule>;
  publish(id: string, kind: string, data: unknown, options?: PublishOptions): Promise<Published>;
  /** The host of a handle that plays a part of the past. */
  replay(id: string, options: { from: number; to: number; playhead: Playhead }): VideoHost;
  moderate(id: string): Moderation;
}

const LISTEN_RULES: Readonly<Record<string, Rule>> = {
  parse: undefined,
  onError: "function",
  history: [0, HISTORY_LIMIT],
};

/** Of times and of `seq`. */
export const MOMENT = [0, Number.MAX_SAFE_INTEGER] as const;
const REPLAY_RULES: Readonly<Record<string, Rule>> = {
  from: undefined,
  to: undefined,
  playhead: "function",
  history: [0, HISTORY_LIMIT],
};

/**
 * One video, created by {@link Ovation.video}. It is watched as long as it has a listener. Listeners
 * stay while the connection is lost, and get the durable events they missed when it is back: none
 * twice, and none skipped without a call of {@link Video.onMissed}.
 *
 * @example
 * const video = ovation.video("launch", { history: 50 });
 * const off = video.on("comment", ({ data }) => console.log(data));
 * await video.publish("comment", { text: "hello" });
 * off();
 */
export class Video<Kinds extends object = object> {
  /** The video's id. */
  declare readonly id: string;
  /** How many durable events of the history a listener gets first. */
  declare readonly history: number;
  /**
   * How many events of each kind the video has had, whenever they came, by kind and by
   * `kind:variant`; empty until it is known. Likes and reactions count as they arrive, this client's
   * own at once; a refusal takes them back. The number falls only when a durable event is deleted,
   * or when somebody sets it while the video is watched.
   *
   * @example
   * const off = video.totals.onChange(({ like = 0 }) => setText(`${like} likes`));
   */
  declare readonly totals: LiveValue<Counts>;
  /**
   * When this client may publish its next durable event, in milliseconds since 1970 by its own clock;
   * undefined: now. In a room in slow mode it follows from the last one that was accepted, and from
   * refusals; it changes when the wait is over. Moderators are exempt, which it doesn't know.
   *
   * @example
   * const off = video.canSendAt.onChange((at) => setDisabled(at !== undefined));
   */
  declare readonly canSendAt: LiveValue<number | undefined>;
  readonly #after: Position | undefined;
  readonly #host: VideoHost;

  /** Internal: use {@link Ovation.video}. */
  constructor(id: string, { history = 0, after }: VideoOptions, host: VideoHost) {
    this.id = id;
    this.history = history;
    this.#after = after;
    this.#host = host;
    this.totals = this.#loaded<Counts>({}, ({ totalsOf }) => totalsOf(host, id));
    this.canSendAt = this.#loaded<number | undefined>(undefined, ({ canSendAtOf }) =>
      canSendAtOf(host, id),
    );
  }

  /**
   * The current number of viewers; undefined until it is known.
   *
   * @example
   * video.on("viewers", () => setTitle(`${video.viewers} watching`));
   */
  get viewers(): number | undefined {
    const data = this.#host.channel(this.id)?.newest(VIEWERS_KIND)?.data;
    return (data as BuiltInKinds["viewers"] | undefined)?.viewers;
  }

  /**
   * A value of the video's state: `data` of the newest event of a kind of class state; undefined
   * while there is none, or nothing listens to it.
   *
   * @example
   * const score = video.state("score", { parse: scoreSchema });
   * const off = score.onChange((value) => showScore(value ?? "0:0"));
   */
  state<Value = unknown>(
    name: string,
    options: StateOptions<Value> = {},
  ): LiveValue<Value | undefined> {
    check("name", name, "string");
    checkOptions(options, LISTEN_RULES);
    return this.#loaded<Value | undefined>(undefined, ({ stateOf }) =>
      stateOf(this.#host, this as unknown as FollowedVideo, name, options),
    );
  }

  /**
   * The totals of a kind's variants, such as `{ "🔥": 12 }`; this client's own count at once.
   * `publish` adds one, as {@link Video.publish} does.
   *
   * @example
   * const reactions = video.reactions();
   * fireButton.onclick = () => reactions.publish("🔥");
   */
  reactions(kind = "react"): Reactions {
    const { id } = this;
    const host = this.#host;
    const live = this.#loaded<Counts>({}, ({ reactionsOf }) => reactionsOf(host, id, kind));
    const publish = (variant: string) => host.publish(id, kind, { variant });
    return Object.assign(live, { publish });
  }

  /**
   * A poll of the video with its tally, and this client's vote, which counts at once; undefined while
   * the video has none of this name. `vote` votes for a choice by its index, as
   * {@link Video.publish} does.
   *
   * @example
   * const poll = video.poll("mvp");
   * poll.onChange((value) => draw(value?.choices, value?.votes, value?.own));
   */
  poll(name: string): LivePoll {
    const { id } = this;
    const host = this.#host;
    const live = this.#loaded<Poll | undefined>(undefined, ({ pollOf }) => pollOf(host, id, name));
    const vote = (choice: number) => host.publish(id, "vote", { poll: name, choice });
    return Object.assign(live, { vote });
  }

  /**
   * What moderators do on the video, by HTTP: the token needs the scope `moderate`. The code for it
   * is loaded at the first call (`chunk_unavailable` if it can't be).
   *
   * @example
   * await video.moderate.setRules({ slowModeMs: 30_000 });
   */
  get moderate(): Moderation {
    return this.#host.moderate(this.id);
  }

  /**
   * The newest durable events that were delivered, up to `history` of them, oldest first and without
   * deleted ones: for a part of the page that is shown later.
   *
   * @example
   * for (const event of video.recent) if (event.kind === "comment") addLine(event);
   */
  get recent(): readonly OvationEvent[] {
    return this.#host.channel(this.id)?.recent(this.history) ?? [];
  }

  /**
   * The `seq` of the newest durable event that any listener of this client got; undefined until it
   * is known.
   *
   * @example
   * localStorage.setItem("read", String(video.position));
   */
  get position(): number | undefined {
    return this.#host.channel(this.id)?.position;
  }

  /**
   * The incarnation of the history that the video's numbers (`seq`) belong to; undefined until it is
   * known. With the `seq` of the last event that was handled, it is where to go on later.
   *
   * @example
   * video.on("comment", ({ seq }) => save({ seq, epoch: video.epoch }));
   * ovation.video("launch", { after: load() });
   */
  get epoch(): string | undefined {
    return this.#host.channel(this.id)?.epoch;
  }

  /**
   * Calls `listener` with each event of a kind, and starts to watch the video. The events that
   * `history` requests and the newest viewer count come first, even for a listener that is added
   * later. Under a flood of likes the listener gets a sample; {@link Video.onFrame} has their exact
   * number. Returns a function that removes the listener.
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
    const onEvent = (event: OvationEvent) => {
      if (event.kind !== kind) return;
      let { data } = event;
      try {
        if (parse !== undefined) {
          data = typeof parse === "function" ? parse(data) : parse.parse(data);
        }
      } catch (cause) {
        const message = `parse refused the data of a ${kind}`;
        const error = new OvationError("data_unexpected", message, { video: this.id, cause });
        return (onError ?? this.#host.report)(error);
      }
      listener({ ...event, kind, data });
    };
    return this.#watch({ history, kind, onEvent });
  }

  /**
   * Calls `listener` with each {@link Frame}: the events that arrived together and their exact
   * counts. Starts to watch the video. Returns a function that removes the listener.
   *
   * @example
   * const off = video.onFrame(({ counts }) => riseHearts(counts.like ?? 0));
   */
  onFrame(listener: (frame: Frame) => void): () => void {
    check("listener", listener, "function");
    return this.#watch({ onFrame: listener });
  }

  /**
   * Calls `listener` when durable events can't be delivered, because the history doesn't reach back
   * to them or is a new one; the events that `history` requests follow. Starts to watch the video.
   * Returns a function that removes the listener.
   *
   * @example
   * video.onMissed(() => addLine("Some comments can't be shown."));
   */
  onMissed(listener: (missed: Missed) => void): () => void {
    check("listener", listener, "function");
    return this.#watch({ onMissed: listener });
  }

  /**
   * Watches the video without a listener, so that {@link Video.recent} is filled for later ones.
   * Returns a function that stops it.
   *
   * @example
   * const release = video.watch();
   */
  watch(): () => void {
    return this.#watch();
  }

  /**
   * Publishes an event. Resolves when the gateway has accepted it and, if it is durable, stored it.
   * If the connection is lost meanwhile, the event is sent again and counts once. Rejects with an
   * {@link OvationError}; a caller may ignore that, which causes no unhandled rejection.
   *
   * `data` is converted as JSON would: fields that are undefined are omitted, and `toJSON` is
   * called, for example of a Date. Values that JSON would lose silently (NaN, a Map, undefined in a
   * list) and values that gateways don't accept are refused before anything is sent: with
   * `data_invalid`, `field` names the value; with `data_too_large`, `limit` is the number of bytes
   * allowed. Other publishes are not affected.
   *
   * @example
   * await video.publish("comment", { text: "hello" });
   * await video.publish("like");
   */
  publish<Kind extends PublishKind<Kinds>>(
    kind: Kind,
    ...[data, options = {}]: PublishArguments<Kinds, Kind>
  ): Promise<Published> {
    return this.#host.publish(this.id, kind, data, options);
  }

  /**
   * Reads durable events of the history: for a page that scrolls back, or those of a time. Rejects
   * with an {@link OvationError}, or with a RangeError that names the field, such as a `limit` that is
   * not a whole number from 1 to 1,000.
   *
   * @example
   * const { events, more } = await video.readHistory({ before: oldest.seq, limit: 50 });
   */
  readHistory(query: HistoryQuery = {}): Promise<HistoryPage> {
    return this.#host.history(this.id, query);
  }

  /**
   * A handle whose listeners get what happened on the video along a recording of it, as if they were
   * there: its comments, the likes that the timeline has, totals, and how many viewers there were.
   * After a seek it starts over from there: {@link Video.onMissed} is called with `isNewHistory`, and
   * the comments before the picture follow. What it publishes goes to the video of now.
   *
   * @throws RangeError when `from` or `to` is not a time, or `to` is before `from`
   * @example
   * const start = Date.parse("2026-06-01T20:00:00Z");
   * const playhead = () => new Date(start + element.currentTime * 1_000);
   * const recorded = video.replay({ from: start, to: start + 7_200_000, playhead });
   * const off = recorded.on("comment", ({ data }) => addLine(data));
   */
  replay(options: ReplayOptions): Video<Kinds> {
    checkOptions(options, REPLAY_RULES);
    const { history = this.history, playhead } = options;
    const [from, to] = [Number(options.from), Number(options.to)];
    check("from", from, MOMENT);
    check("to", to, [from, MOMENT[1]]);
    check("playhead", playhead, "function");
    const host = this.#host.replay(this.id, { from, to, playhead });
    return new Video<Kinds>(this.id, { history }, host);
  }

  #loaded<T>(initial: T, make: (live: LiveModule) => LiveValue<T>): LiveValue<T> {
    return loadedValue(initial, async () => make(await this.#host.live()), this.#host.report);
  }

  #watch(watcher?: Partial<Watcher>): () => void {
    return this.#host.watch(this.id, { history: this.history, after: this.#after, ...watcher });
  }
}

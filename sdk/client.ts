/** The client: one connection, and everything that uses it. */

import type { OvationEvent } from "../shared/protocol/event.ts";
import { TOTALS_KIND, VIEWERS_KIND } from "../shared/protocol/kinds.ts";
import { VIDEO_PATTERN } from "../shared/protocol/name-patterns.ts";
import { HISTORY_LIMIT } from "../shared/protocol/wire/endpoints.ts";
import type { EventsMessage } from "../shared/protocol/wire/server-messages.ts";
import { check, checkList, checkOptions, WHOLE } from "./arguments.ts";
import { Channel } from "./channel.ts";
import { Connection } from "./connection.ts";
import { encodedData } from "./data.ts";
import { OvationError } from "./error.ts";
import { newEventId } from "./event-id.ts";
import { namesOf } from "./frame.ts";
import type { HistoryPage, HistoryQuery } from "./history.ts";
import { lateHost } from "./late-host.ts";
import type { Filter, Link } from "./link/link.ts";
import { Listeners } from "./listeners.ts";
import type { CountsById } from "./live/counts.ts";
import type { FollowedVideo, Publishing } from "./live/host.ts";
import { type LiveValue, loadedValue } from "./live-value.ts";
import { loadLive, loadOverHttp, loadPlayhead, loadReports } from "./load-chunk.ts";
import type { Moderation } from "./moderation.ts";
import type { OvationOptions } from "./options.ts";
import { Outbox, type Published } from "./outbox.ts";
import type { HttpHost } from "./over-http/send.ts";
import { type Settings, settingsOf, WAIT_OR_FAIL } from "./settings.ts";
import type { ConnectionState } from "./state.ts";
import { MOMENT, Video, type VideoHost } from "./video.ts";
import type { PublishOptions, VideoOptions } from "./video-options.ts";
import { lastingFault, warnOnce } from "./warn.ts";
import type { Watcher } from "./watchers.ts";

/** How many kinds a filter may name. */
const FILTER_KINDS_LIMIT = 64;
/** How many videos a connection may watch. */
const COUNTS_LIMIT = 100;
/** Messages that are kept until the chunk that reports is loaded. */
const EARLY_LIMIT = 100;
const VIDEO_RULES = {
  history: [0, HISTORY_LIMIT],
  after: undefined,
  kinds: undefined,
  hidden: "boolean",
  playhead: "function",
} as const;
const PUBLISH_RULES = { whileAway: WAIT_OR_FAIL, whenLimited: WAIT_OR_FAIL, waitMs: WHOLE };

type HttpChunk = Awaited<ReturnType<typeof loadOverHttp>>;

/**
 * A client of Ovation: one connection to a gateway for all videos. It connects when it is first
 * needed, and stays connected until `close()`.
 *
 * The type parameter describes the data that the application publishes with each kind. Data that
 * you receive was published by others: it is `unknown`, unless a listener has a `parse`.
 *
 * @example
 * const ovation = new Ovation<{ comment: { text: string } }>({ url: "https://live.example.com" });
 * const video = ovation.video("launch", { history: 50 });
 * video.on("comment", ({ data }) => addLine(data.text), { parse: commentSchema });
 * video.onFrame(({ counts }) => riseHearts(counts.like ?? 0));
 * await video.publish("comment", { text: "hello" });
 */
export class Ovation<Kinds extends object = object> {
  readonly #options: OvationOptions;
  readonly #settings: Settings;
  /** The clients of videos with a filter, each with a connection of its own. */
  readonly #filtered = new Map<string, Ovation<Kinds>>();
  /** No video is watched any more. */
  #onEmpty: (() => void) | undefined;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #channels = new Map<string, Channel>();
  readonly #warn = warnOnce();
  readonly #states = new Listeners<ConnectionState>((state) => {
    const fault = lastingFault(state);
    if (fault !== undefined) this.#warn(fault);
  });
  readonly #errors = new Listeners<OvationError>(this.#warn);
  readonly #publishes = new Listeners<Publishing>(() => undefined);
  /** By video; slow mode counts from then. One number for each video that is commented on. */
  readonly #sentAt = new Map<string, number>();
  #link: Link | undefined;
  /** Takes what arrives while a gateway wants reports; without a message, it ends. */
  #observe: ((message?: EventsMessage) => void) | undefined;
  /** When the connection was lost; undefined unless it is being made again. */
  #lostAt: number | undefined;
  /** Aborts every request in progress when the client is closed. */
  #closing = new AbortController();

  /**
   * Only checks the options: throws a TypeError or a RangeError that names the invalid one.
   *
   * @param filter internal: use {@link Ovation.video}
   */
  constructor(options: OvationOptions, filter: Filter = {}) {
    this.#options = options;
    this.#settings = settingsOf(options, filter);
    this.#outbox = new Outbox(this.#settings.queueLimit, this.#settings.random);
    this.#connection = new Connection(this.#settings, {
      query: () => {
        const [video] = this.#channels.keys();
        return video ? `?video=${video}` : "";
      },
      onLink: (link) => this.#linked(link),
      onUnlink: () => this.#unlinked(),
      onToken: () => {
        for (const channel of this.#channels.values()) channel.retry();
      },
      onEvents: (message) => {
        this.#channels.get(message.video)?.receive(message);
        this.#observe?.(message);
      },
      onReset: (message) => this.#channels.get(message.video)?.reset(message),
      onUnsubscribed: (video, refusal) => this.#channels.get(video)?.refused(refusal),
      onState: (state) => this.#onState(state),
      onError: this.#errors.emit,
    });
  }

  /**
   * The state of the connection; if only videos with a filter were used, that of theirs.
   *
   * @example
   * if (ovation.state.name === "connected") hideBanner();
   */
  get state(): ConnectionState {
    const { state } = this.#connection;
    const [filtered] = this.#filtered.values();
    return state.name === "idle" && filtered !== undefined ? filtered.state : state;
  }

  /**
   * A video, by its id. Several handles of one video with the same filter share its subscription.
   *
   * @throws TypeError when `id` or an option is of another type, or an option does not exist
   * @throws RangeError when `history` is not from 0 to 1,000, or `kinds` has none or more than 64
   * @throws OvationError `video_invalid`
   * @example
   * const video = ovation.video("launch", { history: 50 });
   */
  video(id: string, options: VideoOptions = {}): Video<Kinds> {
    check("id", id, "string");
    checkOptions(options, VIDEO_RULES);
    const { after, kinds, hidden, playhead } = options;
    if (after) {
      check("seq", after.seq, MOMENT);
      check("epoch", after.epoch, "string");
    }
    if (kinds !== undefined) checkList("kinds", kinds, FILTER_KINDS_LIMIT);
    if (!VIDEO_PATTERN.test(id)) {
      const message = "a video id is 1 to 128 of A-Z a-z 0-9 _ -";
      throw new OvationError("video_invalid", message, { video: id });
    }
    const filter = { kinds: kinds && [...kinds].sort(), hidden };
    const host = kinds === undefined && hidden !== true ? this.#host : this.#filteredHost(filter);
    if (playhead === undefined) return new Video<Kinds>(id, options, host);
    const late = lateHost(host, async () => {
      const { held } = await loadPlayhead(this.#settings.connectTimeoutMs);
      return held(id, host, playhead);
    });
    return new Video<Kinds>(id, options, late);
  }

  /** The host of videos with a filter, which have a client of their own. */
  #filteredHost(filter: Filter): VideoHost {
    const key = JSON.stringify(filter);
    return {
      ...this.#host,
      watch: (video, watcher, state) => this.#clientOf(key, filter).#watch(video, watcher, state),
      channel: (video) => {
        const client = this.#filtered.get(key);
        return client === undefined ? undefined : client.#channels.get(video);
      },
    };
  }

  /**
   * The numbers of up to 100 videos, for a lobby: it is not counted as a viewer of them. All lobbies
   * of a client share a connection, with 100 videos at most.
   *
   * @throws TypeError, RangeError for none or more than 100, OvationError `video_invalid`
   * @example
   * const off = ovation.counts(["launch", "keynote"]).onChange(({ launch }) => show(launch?.viewers));
   */
  counts(ids: readonly string[]): LiveValue<CountsById> {
    checkList("ids", ids, COUNTS_LIMIT);
    const kinds = [VIEWERS_KIND, TOTALS_KIND];
    const videos = [...new Set(ids)].map(
      (id) => this.video(id, { kinds }) as unknown as FollowedVideo,
    );
    const { live, report } = this.#host;
    return loadedValue<CountsById>({}, async () => (await live()).countsOf(videos), report);
  }

  /**
   * Calls `listener` when the state of the connection changes. Returns a function that removes it.
   *
   * @example
   * const off = ovation.onState(({ name }) => setDot(name === "connected" ? "green" : "grey"));
   */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#states.add(listener);
  }

  /**
   * Calls `listener` with errors that no call returns: a video that can't be watched (`error.video`
   * names it), or a token that can't be refreshed. Returns a function that removes it. Without a
   * listener, errors are printed on the console, each code once per video.
   *
   * @example
   * ovation.onError((error) => report(error.code, error.video));
   */
  onError(listener: (error: OvationError) => void): () => void {
    return this.#errors.add(listener);
  }

  /**
   * Connects, unless the client is connected or connecting: before a connection is needed, or again
   * after the state was `closed`.
   *
   * @example
   * signIn().then(() => ovation.connect());
   */
  connect(): void {
    this.#connection.start();
    for (const client of this.#filtered.values()) client.connect();
  }

  /**
   * Closes the connection, and rejects waiting publishes with `closed`. Videos that have listeners
   * are watched again after `connect()`. Don't call it when the user leaves the page: the client
   * closes its connection then, and connects again when the page is shown again.
   *
   * @example
   * signOut().then(() => ovation.close());
   */
  close(): void {
    this.#connection.close({ code: "closed", message: "the client is closed" });
    for (const client of this.#filtered.values()) client.close();
  }

  /**
   * Says that the app or the network is back: the client checks its connection at once, or connects
   * without the rest of its wait, unless the gateway asked for it. Pages need no call: the client
   * listens to the browser. React Native's `AppState` is such a case.
   *
   * @example
   * AppState.addEventListener("change", (state) => state === "active" && ovation.wake());
   */
  wake(): void {
    this.#connection.wake();
    for (const client of this.#filtered.values()) client.wake();
  }

  /** The client whose connection has this filter. */
  #clientOf(key: string, filter: Filter): Ovation<Kinds> {
    const known = this.#filtered.get(key);
    if (known !== undefined) return known;
    const client = new Ovation<Kinds>(this.#options, filter);
    const { state } = this.#connection;
    if (state.name === "closed") client.close();
    client.onError(this.#errors.emit);
    const tell = () => {
      if (this.#connection.state.name === "idle") this.#states.emit(this.state);
    };
    client.onState(tell);
    // Nothing is published over it, so it is not needed any more.
    client.#onEmpty = () => {
      this.#filtered.delete(key);
      client.close();
    };
    this.#filtered.set(key, client);
    return client;
  }

  readonly #host: VideoHost = {
    watch: (id, watcher, state) => this.#watch(id, watcher, state),
    channel: (id) => this.#channels.get(id),
    onPublish: (listener) => this.#publishes.add(listener),
    sentAt: (id) => this.#sentAt.get(id),
    namesOf,
    overHttp: (request) => this.#overHttp(request),
    replay: (id, options) =>
      lateHost(this.#host, async () => {
        const { replayed } = await loadPlayhead(this.#settings.connectTimeoutMs);
        return replayed(id, this.#host, options);
      }),
    live: () => loadLive(this.#settings.connectTimeoutMs),
    report: this.#errors.emit,
    publish: (...publication) => {
      const published = this.#publish(...publication);
      // Whoever ignores the result, as a click handler does, causes no unhandled rejection.
      published.catch(() => undefined);
      return published;
    },
    history: (id, query) => this.#history(id, query),
    // The names of what moderators do are in the chunk.
    moderate: (id) =>
      new Proxy({} as Moderation, {
        get: (_target, act) =>
          // An object with `then` would be awaited.
          act !== "then" &&
          ((...given: unknown[]) =>
            this.#overHttp((chunk, host) =>
              chunk.moderate(host, id, act as keyof Moderation, given),
            )),
      }),
  };

  #watch(id: string, watcher: Watcher, state?: string): () => void {
    const known = this.#channels.get(id);
    const channel = known ?? this.#newChannel(id);
    this.#channels.set(id, channel);
    channel.add(watcher, state);
    // Only now: the first watcher says how much history is wanted.
    if (known === undefined && this.#link !== undefined) channel.join(this.#link);
    // A closed client stays closed until `connect()` is called.
    if (this.#connection.state.name === "idle") this.connect();
    return () => channel.remove(watcher);
  }

  #newChannel(id: string): Channel {
    const { random, filter } = this.#settings;
    const isWanted = ({ kind }: OvationEvent) => filter.kinds?.includes(kind) !== false;
    return new Channel(id, {
      random,
      isFiltered: filter.kinds !== undefined,
      onRefused: this.#errors.emit,
      readHistory: async (query) => {
        const page = await this.#history(id, query);
        return { ...page, events: page.events.filter(isWanted) };
      },
      onEmpty: () => {
        this.#channels.delete(id);
        if (this.#channels.size === 0) this.#onEmpty?.();
      },
    });
  }

  async #publish(
    video: string,
    kind: string,
    data: unknown,
    options: PublishOptions = {},
  ): Promise<Published> {
    check("kind", kind, "string");
    checkOptions(options, PUBLISH_RULES);
    const settings = this.#settings;
    const {
      whileAway = settings.whileAway,
      whenLimited = "wait",
      waitMs = settings.waitMs,
    } = options;
    const { name } = this.#connection.state;
    if (name === "closed") throw new OvationError("closed", "the client is closed", { video });
    const eventId = newEventId();
    const publication = { video, kind, data: encodedData(data, video), eventId };
    const published = this.#outbox.publish(publication, { whileAway, whenLimited, waitMs });
    // Before others learn of it, so that `sentAt` is set when they hear of the outcome.
    published.then(
      ({ seq }) => seq && this.#sentAt.set(video, Date.now()),
      ({ field, limit = 0, retryAfterMs = 0 }: OvationError) =>
        field === "slowModeMs" && this.#sentAt.set(video, Date.now() + retryAfterMs - limit),
    );
    this.#publishes.emit({ video, kind, data, eventId, published });
    if (name === "idle") this.connect();
    return await published;
  }

  #history(video: string, query: HistoryQuery): Promise<HistoryPage> {
    return this.#overHttp((chunk, host) => chunk.readHistory(host, video, query));
  }

  /** What is sent over HTTP is checked in the chunk too: most pages never load it. */
  async #overHttp<T>(request: (chunk: HttpChunk, host: HttpHost) => Promise<T>): Promise<T> {
    const { fetch, connectTimeoutMs } = this.#settings;
    const chunk = await loadOverHttp(connectTimeoutMs);
    return await request(chunk, {
      fetch,
      url: this.#connection.address.http,
      signal: this.#closing.signal,
      token: () => this.#connection.token(),
    });
  }

  #linked(link: Link): void {
    this.#link = link;
    if (link.rules?.report && this.#settings.reports) void this.#report(link);
    for (const channel of this.#channels.values()) channel.join(link);
    this.#outbox.linked(link);
  }

  /** Reports what this viewer gets, as the gateway wants it to. */
  async #report(link: Link): Promise<void> {
    const early: EventsMessage[] = [];
    const linked = { link, early, lostAt: this.#lostAt, linkedAt: performance.now() };
    this.#observe = (message) => message && early.length < EARLY_LIMIT && early.push(message);
    const chunk = await loadReports();
    if (link !== this.#link) return;
    this.#observe = chunk?.report(linked, this.#channels, this.#host);
  }

  #unlinked(): void {
    this.#link = undefined;
    this.#observe?.();
    this.#observe = undefined;
    this.#lostAt = performance.now();
    for (const channel of this.#channels.values()) channel.unlink();
    this.#outbox.unlinked();
  }

  #onState(state: ConnectionState): void {
    // Not when the user left the page, or a fresh token is used.
    if (state.name !== "reconnecting" || state.attempt === 0) this.#lostAt = undefined;
    if (state.name === "closed") {
      this.#closing.abort();
      this.#closing = new AbortController();
      this.#outbox.clear(state.reason.code, state.reason.message);
    }
    this.#states.emit(state);
  }
}

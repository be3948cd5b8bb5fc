/** The entry: a deployment of Ovation, as a backend uses it. */
import type { EventsOptions, HistoryEvent } from "./events/types.ts";
import { Http, pathOf } from "./http.ts";
import { Moderation } from "./moderation.ts";
import { type OvationOptions, type Settings, settingsOf } from "./options.ts";
import type { Erased, LiveVideo, VideoInfo } from "./types.ts";
import { Video } from "./video.ts";

/**
 * A deployment of Ovation, over the HTTP API of its gateways. It holds nothing but its options, and
 * Node keeps its connections: create one and use it everywhere. Nothing has to be closed.
 *
 * Requests that failed are repeated for up to `waitMs`, where that does no harm, with growing random
 * waits, and not before the gateway's `retryAfterMs` is over.
 *
 * @example
 * const ovation = new Ovation({ url: "https://live.example.com", token: process.env["OVATION_TOKEN"] });
 * await ovation.video("launch").publish({ kind: "like", actor: "anna" });
 */
export class Ovation {
  /** Bans everywhere, and what moderators did everywhere. */
  readonly moderation: Moderation;
  readonly #http: Http;
  readonly #settings: Settings;

  /** @throws TypeError or RangeError that names an option that can't be used */
  constructor(options: OvationOptions) {
    this.#settings = settingsOf(options);
    this.#http = new Http(this.#settings);
    this.moderation = new Moderation(this.#http, []);
  }

  /**
   * A handle of one video; it sends nothing by itself.
   * @throws OvationError `video_invalid`
   *
   * @example
   * const { viewers } = await ovation.video("launch").info();
   */
  video(id: string): Video {
    return new Video(this.#http, id);
  }

  /**
   * The videos that have viewers now, those with the most viewers first, up to `limit` (1 to 100). It
   * needs the scope `moderate`, and has only videos that the token covers and may moderate.
   *
   * @example
   * for (const { video, viewers } of await ovation.liveVideos(10)) console.log(video, viewers);
   */
  async liveVideos(limit = 50): Promise<readonly LiveVideo[]> {
    const { body } = await this.#http.send({ method: "GET", path: "videos", query: { limit } });
    return body["videos"] as readonly LiveVideo[];
  }

  /**
   * What there is of up to 100 videos, in the order of their ids.
   *
   * @example
   * const [launch, finale] = await ovation.infos(["launch", "finale"]);
   */
  async infos(videos: readonly string[]): Promise<readonly VideoInfo[]> {
    const query = { ids: videos.join(",") };
    const { body } = await this.#http.send({ method: "GET", path: "videos", query });
    return body["videos"] as readonly VideoInfo[];
  }

  /**
   * What is stored, deleted and erased on all videos, as it happens: in the order of `seq` for each
   * video, and at least once. It reads the history over NATS (option `nats`), from a position on: store
   * `position` of each event when you have dealt with it, and give it as `from` after a restart.
   *
   * While NATS can't be reached, it waits, and goes on when it can: only the first answer must come
   * within `waitMs`. A later one ends it when the connection is closed.
   * @throws OvationError `position_gone`: what follows `from` is not kept any more (`position` of the
   *   error is where what is kept begins), `unreachable`, `record_unreadable`
   * @throws TypeError that names an option that can't be used
   *
   * @example
   * import { writeFile } from "node:fs/promises";
   *
   * const signal = AbortSignal.timeout(1_000);
   * for await (const event of ovation.events({ from: "start", signal })) {
   *   if (event.type === "stored" && event.kind === "comment") console.log(event.video, event.data);
   *   await writeFile("position", event.position);
   * }
   */
  async *events(options: EventsOptions): AsyncGenerator<HistoryEvent, void, undefined> {
    for await (const events of this.eventBatches(options)) yield* events;
  }

  /**
   * The same, as lists of those that are there at the moment, up to some thousands: for a database, where
   * one transaction for many costs little more than for one. The position to store is that of the last.
   *
   * @example
   * const signal = AbortSignal.timeout(1_000);
   * for await (const events of ovation.eventBatches({ from: "start", signal })) {
   *   console.log(events.length, events.at(-1)?.position);
   * }
   */
  async *eventBatches(
    options: EventsOptions,
  ): AsyncGenerator<readonly HistoryEvent[], void, undefined> {
    const { nats, waitMs } = this.#settings;
    if (nats === undefined) throw new TypeError("nats: a connection to NATS is expected");
    // Most backends need no NATS, and none of this.
    const { readEvents } = await import("./events/read.ts");
    yield* readEvents({ ...options, nats, waitMs });
  }

  /**
   * Erases what an actor published, on all videos: durable events and values of state. It needs the
   * scope `moderate` and a grant of every video, and may be repeated.
   *
   * @example
   * const { events, values } = await ovation.eraseActor("anna");
   */
  async eraseActor(actor: string): Promise<Erased> {
    const path = pathOf("actors", actor, "events");
    let [events, values] = [0, 0];
    let after: unknown;
    // It erases for up to 15 seconds, and says where to go on.
    do {
      const { body } = await this.#http.send({ method: "DELETE", path, query: { after } });
      events += body["events"] as number;
      values += body["values"] as number;
      after = body["next"];
    } while (after !== undefined);
    return { events, values };
  }

  /**
   * Checks that a gateway answers and, where there is a token, that it accepts it. Resolves with the
   * kinds of the deployment and their classes, and with how long the token lives.
   * @throws OvationError `unreachable`, `wrong_address`, `token_refused`
   *
   * @example
   * const { kinds } = await ovation.ping();
   * console.log(kinds["comment"]); // "durable"
   */
  async ping(): Promise<{
    readonly kinds: Readonly<Record<string, string>>;
    /** Absent for an API key, and without a token. */
    readonly expiresInMs?: number;
  }> {
    const { body } = await this.#http.send({ method: "GET", path: "ping" });
    return body as unknown as Awaited<ReturnType<Ovation["ping"]>>;
  }
}

/** A handle of one video, for everything that a backend does with it. */
import { setTimeout as wait } from "node:timers/promises";
import type { OvationEvent } from "../shared/protocol/event.ts";
import type { RoomRules } from "../shared/protocol/moderation/view.ts";
import { VIDEO_PATTERN } from "../shared/protocol/name-patterns.ts";
import { OvationError } from "./error.ts";
import { type Http, pathOf } from "./http.ts";
import { Moderation } from "./moderation.ts";
import { type Outcome, publishAll, publishOne } from "./publish.ts";
import type {
  EventInput,
  HistoryPage,
  HistoryRange,
  Poll,
  PollInput,
  Published,
  Timeline,
  TimelineQuery,
  VideoInfo,
} from "./types.ts";

/** What a gateway tells of a video is at most so old. */
const INFO_AGE_MS = 1_100;
/** As many events as a page of the history has. */
const HISTORY_PAGE = 1_000;

/**
 * One video: {@link Ovation.video}. Each call is a request; it resolves when what was asked for is done
 * and stored, and rejects with an {@link OvationError}.
 *
 * @example
 * const launch = ovation.video("launch");
 * await launch.publish({ kind: "like", actor: "anna" });
 */
export class Video {
  readonly id: string;
  /** Bans of this video, and what moderators did on it. */
  readonly moderation: Moderation;
  readonly #http: Http;

  /** @internal */
  constructor(http: Http, id: string) {
    if (!VIDEO_PATTERN.test(id)) {
      const text = "the video id must be 1 to 128 of the characters A-Z a-z 0-9 _ -";
      throw new OvationError("video_invalid", text, { field: "video" });
    }
    this.id = id;
    this.#http = http;
    this.moderation = new Moderation(http, ["videos", id]);
  }

  /**
   * Publishes an event. It has an id, so a repeat by this client, or by you with the same id, stores a
   * durable event once.
   *
   * @example
   * const comment = { kind: "comment", id: "order-4711", actor: "anna", data: { text: "hello" } };
   * const { seq } = await video.publish(comment);
   */
  async publish(event: EventInput): Promise<Published> {
    return await publishOne(this.#http, this.#path("events"), event);
  }

  /**
   * Publishes 1 to 1,000 events with one request. One invalid event refuses the whole list. Votes, and
   * events that are reviewed, are judged one by one: look at `error` of each.
   *
   * @example
   * const outcomes = await video.publishAll([{ kind: "like", actor: "anna" }, { kind: "like", actor: "bo" }]);
   * for (const { id, error } of outcomes) if (error !== undefined) console.log(id, error.code);
   */
  async publishAll(events: readonly EventInput[]): Promise<readonly Outcome[]> {
    return await publishAll(this.#http, this.#path("events"), events);
  }

  /**
   * Deletes a durable event, for everyone and for good. Resolves with the `seq` of the event that tells
   * viewers so.
   * @throws OvationError `event_not_found`, `forbidden`
   *
   * @example
   * const { id } = await video.publish({ kind: "comment", actor: "anna", data: { text: "oops" } });
   * await video.delete(id);
   */
  async delete(eventId: string): Promise<number> {
    const path = this.#path("events", eventId);
    return (await this.#http.send({ method: "DELETE", path })).body["seq"] as number;
  }

  /**
   * Deletes all durable events of an actor on the video. Resolves with their number.
   *
   * @example
   * const count = await video.deleteAllOf("troll-7");
   */
  async deleteAllOf(actor: string): Promise<number> {
    const request = { method: "DELETE", path: this.#path("events"), query: { actor } } as const;
    return (await this.#http.send(request)).body["events"] as number;
  }

  /**
   * What there is of the video: its viewers, totals and state.
   *
   * @example
   * const { viewers, totals, state } = await video.info();
   */
  async info(): Promise<VideoInfo> {
    const { body } = await this.#http.send({ method: "GET", path: this.#path() });
    return body as unknown as VideoInfo;
  }

  /**
   * The durable events that are kept: the newest first, or with `after` or `from` the oldest first. They
   * are read page by page, as the loop goes on: leave it when you have enough.
   *
   * @example
   * for await (const { seq, kind, data } of video.history({ from: Date.now() - 3_600_000 })) {
   *   console.log(seq, kind, data);
   * }
   */
  async *history(range: HistoryRange = {}): AsyncGenerator<OvationEvent, void, undefined> {
    const isForward = range.after !== undefined || range.from !== undefined;
    let bounds = range;
    for (;;) {
      const { events, more } = await this.historyPage({ ...bounds, limit: HISTORY_PAGE });
      yield* isForward ? events : events.toReversed();
      const last = isForward ? events.at(-1)?.seq : events[0]?.seq;
      if (!more || last === undefined) return;
      bounds = { ...range, [isForward ? "after" : "before"]: last };
    }
  }

  /**
   * One page of the history: up to `limit` events, 1 to 1,000 (50 if absent). They are the newest ones
   * within the range, or with `after` or `from` the oldest.
   *
   * @example
   * const { events, more } = await video.historyPage({ limit: 50 });
   * const older = more ? await video.historyPage({ before: events[0]?.seq }) : undefined;
   */
  async historyPage(
    query: HistoryRange & { readonly limit?: number | undefined } = {},
  ): Promise<HistoryPage> {
    const path = this.#path("history");
    const { body } = await this.#http.send({ method: "GET", path, query: { ...query } });
    return body as unknown as HistoryPage;
  }

  /**
   * How many events of each kind were accepted over time, and how many viewers there were: for a graph
   * of the highlights. At most a day, and 1,440 points.
   *
   * @example
   * const { points } = await video.timeline({ step: 10_000 });
   */
  async timeline(query: TimelineQuery = {}): Promise<Timeline> {
    const path = this.#path("timeline");
    const { body } = await this.#http.send({ method: "GET", path, query: { ...query } });
    return body as unknown as Timeline;
  }

  /**
   * Sets totals, for those who come from another system; kinds that aren't named keep theirs. Resolves
   * with all totals. It is not repeated after `timeout`: what was accepted meanwhile would be lost.
   *
   * @example
   * const totals = await video.setTotals({ like: 12_000 });
   */
  async setTotals(
    totals: Readonly<Record<string, number>>,
  ): Promise<Readonly<Record<string, number>>> {
    const { body } = await this.#http.send({
      method: "PUT",
      path: this.#path("totals"),
      body: () => ({ totals }),
      isRepeatable: false,
    });
    return body["totals"] as Readonly<Record<string, number>>;
  }

  /**
   * Opens a poll, or changes one that is open. Resolves with it as viewers get it.
   * @throws OvationError `field_invalid`, `poll_closed`, `polls_exceeded`
   *
   * @example
   * const choices = ["Ada", "Bo"];
   * await video.putPoll("mvp", { question: "Who was best?", choices, closesAt: Date.now() + 60_000 });
   */
  async putPoll(name: string, poll: PollInput): Promise<Poll> {
    const path = this.#path("polls", name);
    const { body } = await this.#http.send({ method: "PUT", path, body: () => poll });
    const { video: _, poll: _name, ...shown } = body;
    return shown as unknown as Poll;
  }

  /**
   * The video's polls by name, with their tallies: those that are open, and the last ones that ended.
   * They may be a second old, as all of {@link Video.info}.
   *
   * @example
   * for (const [name, { total }] of Object.entries(await video.polls())) console.log(name, total);
   */
  async polls(): Promise<Readonly<Record<string, Poll>>> {
    const { state } = await this.info();
    if (state === undefined) {
      throw new OvationError("state_unavailable", "the video's state can't be read at the moment");
    }
    return (state["polls"] ?? {}) as Readonly<Record<string, Poll>>;
  }

  /**
   * Ends a poll now. Resolves with the final tally.
   * @throws OvationError `poll_unknown`
   *
   * @example
   * await video.putPoll("mood", { question: "How are you?", choices: ["Good", "Bad"] });
   * const { votes } = await video.endPoll("mood");
   */
  async endPoll(name: string): Promise<Poll> {
    let poll = (await this.polls())[name];
    if (poll === undefined) {
      // It may have been opened since the gateway looked.
      await wait(INFO_AGE_MS);
      poll = (await this.polls())[name];
    }
    if (poll === undefined) throw new OvationError("poll_unknown", "the video has no such poll");
    if (poll.closed) return poll;
    const { question, choices, opensAt, changeable, results } = poll;
    const ended = { question, choices, opensAt, changeable, results, closesAt: 0 };
    return await this.putPoll(name, ended);
  }

  /**
   * Replaces the rules of the room; `{}` removes them. Resolves with those that restrict something.
   *
   * @example
   * await video.setRules({ slowModeMs: 30_000, maxLength: 200 });
   */
  async setRules(rules: RoomRules): Promise<RoomRules> {
    const path = this.#path("rules");
    const { body } = await this.#http.send({ method: "PUT", path, body: () => rules });
    return body["rules"] as RoomRules;
  }

  /**
   * Pins a durable event, in place of the one that is pinned. Resolves with it.
   * @throws OvationError `event_not_found`
   *
   * @example
   * const { id } = await video.publish({ kind: "comment", actor: "host", data: { text: "Welcome!" } });
   * await video.pin(id);
   */
  async pin(eventId: string): Promise<OvationEvent> {
    const path = this.#path("pin");
    const { body } = await this.#http.send({ method: "PUT", path, body: () => ({ id: eventId }) });
    return body["pinned"] as OvationEvent;
  }

  /**
   * Unpins what is pinned, if anything is.
   *
   * @example
   * await video.unpin();
   */
  async unpin(): Promise<void> {
    await this.#http.send({ method: "DELETE", path: this.#path("pin") });
  }

  /**
   * Ends the video for good: nothing can be published on it any more. Resolves with when it ended, in
   * milliseconds since 1970. To do it again changes nothing.
   *
   * @example
   * const endedAt = await ovation.video("finale").end();
   */
  async end(): Promise<number> {
    const { body } = await this.#http.send({ method: "PUT", path: this.#path("end") });
    return body["ended"] as number;
  }

  /**
   * Erases all that is kept of the video: history, state, totals, timeline and votes. Resolves with how
   * many durable events there were, as far as this request erased them.
   *
   * @example
   * const count = await ovation.video("rehearsal").erase();
   */
  async erase(): Promise<number> {
    const { body } = await this.#http.send({ method: "DELETE", path: this.#path() });
    return body["events"] as number;
  }

  #path(...more: readonly string[]): string {
    return pathOf("videos", this.id, ...more);
  }
}

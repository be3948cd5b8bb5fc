/** Changes of videos' state, and polls that ended, from the documents of the state. */
import { hash } from "node:crypto";
import type { ReadMessage } from "../../shared/bus/stream-reader.ts";
import { timeOf } from "../../shared/protocol/history/record.ts";
import type { SourceProgress } from "../../shared/protocol/hooks/progress.ts";
import { type WaitingEvent, waitingEvent } from "../../shared/protocol/hooks/stored-events.ts";
import { isVideoId } from "../../shared/protocol/names.ts";
import {
  dataOf,
  decodeState,
  EMPTY_STATE,
  type StateDocument,
} from "../../shared/protocol/state-document.ts";
import { STATE_BUCKET } from "../../shared/protocol/subjects.ts";
import { parseShownPolls } from "../../shared/protocol/votes/poll.ts";
import type { Outbox } from "./outbox.ts";
import type { Collector } from "./source.ts";

const PREFIX = `$KV.${STATE_BUCKET}.`;
const POLLS = "polls";
/** The outbox's source of the polls: they have numbers of their own. */
const POLLS_SOURCE = "polls";
/**
 * How long before the last document that was read a poll may have ended and still be news: it is in
 * each later document, long after its end was told.
 */
const POLL_NEWS_MS = 600_000;

export class StateCollector implements Collector {
  readonly name = "state";
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  begin(): void {
    // What it needs of the past is in the outbox.
  }

  async collect(messages: readonly ReadMessage[], before: SourceProgress): Promise<void> {
    for (const message of messages) {
      const video = message.subject.slice(PREFIX.length);
      const document = message.isRemoval ? EMPTY_STATE : decodeState(message.payload);
      if (!isVideoId(video) || document === undefined) continue;
      await this.#polls(video, document, before);
      await this.#state(video, document, message, before.epoch);
    }
  }

  /** Not of the polls, whose tallies change each second. */
  async #state(
    video: string,
    { values }: StateDocument,
    { sequence, storedAt }: ReadMessage,
    epoch: string,
  ): Promise<void> {
    const named = [...values].filter(([name]) => name !== POLLS);
    const state = Object.fromEntries(
      named.map(([name, { bytes, at }]) => [name, { at, ...withData(bytes) }]),
    );
    const json = jsonOf(state);
    const mark = hash("sha256", json, "base64url");
    await this.#outbox.put(this.name, video, epoch, (last) => {
      const isNothing = last.mark === "" && named.length === 0;
      if (sequence <= last.upTo || mark === last.mark || isNothing) return undefined;
      const event = waitingEvent({
        type: "state.changed",
        version: 1,
        id: `state:${epoch}:${sequence}`,
        at: storedAt,
        video,
        data: { revision: sequence, state: JSON.parse(json) },
      });
      return { upTo: sequence, mark, events: [event] };
    });
  }

  async #polls(video: string, { values }: StateDocument, before: SourceProgress): Promise<void> {
    const bytes = values.get(POLLS)?.bytes;
    if (bytes === undefined) return;
    const ended = Object.entries(parseShownPolls(dataOf(bytes)))
      .filter(([, { closed, seq }]) => closed && timeOf(seq) > before.at - POLL_NEWS_MS)
      .sort(([, one], [, other]) => one.seq - other.seq);
    if (ended.length === 0) return;
    await this.#outbox.put(POLLS_SOURCE, video, before.epoch, (last) => {
      const events: WaitingEvent[] = [];
      let { upTo } = last;
      for (const [poll, { question, choices, votes = [], total, seq }] of ended) {
        if (seq <= last.upTo) continue;
        upTo = seq;
        const data = { poll, question, choices, votes, total };
        const id = `poll:${video}:${poll}:${seq}`;
        events.push(
          waitingEvent({ type: "poll.closed", version: 1, id, at: timeOf(seq), video, data }),
        );
      }
      return events.length === 0 ? undefined : { upTo, mark: "", events };
    });
  }
}

function withData(bytes: Uint8Array): { readonly data?: unknown } {
  const data = dataOf(bytes);
  return data === undefined ? {} : { data };
}

/** MessagePack holds values that JSON can't: then the names and times are told alone. */
function jsonOf(state: Readonly<Record<string, { readonly at: number }>>): string {
  try {
    return JSON.stringify(state);
  } catch {
    const times = Object.entries(state).map(([name, { at }]) => [name, { at }] as const);
    return JSON.stringify(Object.fromEntries(times));
  }
}

/** The part of a dispatcher that counts votes, on a connection of its own, and what the store holds. */
import { VideoStates } from "../../dispatcher/state/video-states.ts";
import { PollsState } from "../../dispatcher/votes/polls-state.ts";
import { type CastVote, Votes } from "../../dispatcher/votes/votes.ts";
import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { VotesStream } from "../../shared/bus/votes-stream.ts";
import { configFor } from "../../shared/config/load.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { stateBucket } from "../../shared/protocol/buckets.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { decodeState } from "../../shared/protocol/state-document.ts";
import { pollKey } from "../../shared/protocol/subjects.ts";
import {
  parseShownPolls,
  type ShownPoll,
  type StoredPoll,
} from "../../shared/protocol/votes/poll.ts";
import {
  decodeVotesRecord,
  encodeVotesRecord,
  NO_VOTES,
  votesIn,
} from "../../shared/protocol/votes/record.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { natsUrlAs } from "./nats-users.ts";

/** Long enough that nothing is refused for slowness, however busy the machine is. */
const PATIENT_MS = 60_000;

/** A stream whose appends fail now and then: before they are stored, or only their answer is lost. */
class FailingStream extends VotesStream {
  fails: () => "before" | "after" | undefined = () => undefined;

  override async append(...args: Parameters<VotesStream["append"]>): Promise<number> {
    const failure = this.fails();
    if (failure === "before") throw new OvationError("votes_unavailable");
    const sequence = await super.append(...args);
    if (failure === "after") throw new OvationError("votes_unavailable");
    return sequence;
  }
}

export class VotesWriter {
  readonly bus: Bus;
  readonly stream: FailingStream;
  readonly votes: Votes;
  readonly #states: VideoStates;
  readonly #bucket: Bucket;
  #isMute = false;

  private constructor(bus: Bus, config: DispatcherConfig) {
    this.bus = bus;
    this.stream = new FailingStream(bus, config);
    this.#bucket = new Bucket(bus, stateBucket(config));
    this.#states = new VideoStates({
      bus,
      bucket: this.#bucket,
      config,
      fanout: { emit: () => undefined },
      now: Date.now,
      log: silentLog,
    });
    const state = new PollsState(this.#states);
    const polls = {
      requireRoom: state.requireRoom.bind(state),
      show: async (...args: Parameters<PollsState["show"]>) =>
        this.#isMute || (await state.show(...args)),
      end: async (...args: Parameters<PollsState["end"]>) =>
        this.#isMute ? undefined : await state.end(...args),
    };
    this.votes = new Votes({ bus, stream: this.stream, config, log: silentLog, polls });
  }

  static async start(
    natsUrl: string,
    settings: Partial<DispatcherConfig> = {},
  ): Promise<VotesWriter> {
    const servers = [natsUrlAs("dispatcher", natsUrl)];
    const bus = await Bus.connect({ servers, inbox: "dispatcher", name: "votes", log: silentLog });
    const config = configFor("dispatcher", { storeTimeoutMs: PATIENT_MS, ...settings });
    const writer = new VotesWriter(bus, config);
    await Promise.all([writer.stream.ensure(), writer.#bucket.ensure()]);
    writer.#states.start();
    writer.votes.start();
    return writer;
  }

  /** Viewers are told nothing from now on. */
  tellsNobody(): void {
    this.#isMute = true;
  }

  /** Casts one vote. Returns the code of the error, or "counted". */
  async cast(video: string, vote: CastVote): Promise<string> {
    const outcomes = await this.votes.cast(video, [vote]).catch((error: unknown) => [error]);
    const [outcome] = outcomes;
    return outcome instanceof OvationError ? outcome.code : "counted";
  }

  /** What the records of a poll add up to, read one after the other: each actor's last choice. */
  async chain(video: string, poll: string): Promise<{ choices: number[]; records: number }> {
    const choices = new Map<string, number>();
    let [sequence, seq] = [0, 0];
    const messages = await this.stream.read(pollKey(video, poll));
    for (const message of messages) {
      const record = decodeVotesRecord(message.payload);
      if (record === undefined) throw new Error("a message that is not a record");
      if (record.after !== sequence || record.prev !== seq) throw new Error("a gap or a fork");
      for (const { high, low, choice } of votesIn(record.votes)) {
        choices.set(`${high} ${low}`, choice);
      }
      ({ sequence } = message);
      ({ seq } = record);
    }
    return { choices: [...choices.values()], records: messages.length };
  }

  /** The newest record of a poll. */
  async newest(video: string, name: string) {
    const message = (await this.stream.read(pollKey(video, name))).at(-1);
    const record = message && decodeVotesRecord(message.payload);
    if (message === undefined || record?.poll === undefined) throw new Error("no poll");
    return { sequence: message.sequence, seq: record.seq, poll: record.poll };
  }

  /** Changes a poll as another dispatcher would, whose message never arrives. */
  async storeUntold(video: string, name: string, change: Partial<StoredPoll>): Promise<void> {
    const { sequence: after, seq: prev, poll: before } = await this.newest(video, name);
    const poll = { ...before, ...change };
    const { closesAt } = poll;
    const record = {
      after,
      prev,
      seq: prev + 1,
      closesAt,
      votes: NO_VOTES,
      poll,
      final: undefined,
    };
    await this.stream.append(pollKey(video, name), encodeVotesRecord(record), after, PATIENT_MS);
  }

  /** The poll as the video's state has it. */
  async shown(video: string, poll: string): Promise<ShownPoll | undefined> {
    const entry = await this.#bucket.get(video);
    const values = entry?.value === undefined ? undefined : decodeState(entry.value)?.values;
    const bytes = values?.get("polls")?.bytes;
    if (bytes === undefined) return undefined;
    return parseShownPolls((decodeTrustedMsgpack(bytes) as { data?: unknown }).data)[poll];
  }

  async stop(): Promise<void> {
    this.votes.stop();
    this.#states.stop();
    await this.bus.stop();
  }
}

/** How many of the choices are each, for a poll with this many. */
export function tally(choices: Iterable<number>, count: number): number[] {
  const votes = new Array<number>(count).fill(0);
  for (const choice of choices) votes[choice] = (votes[choice] ?? 0) + 1;
  return votes;
}

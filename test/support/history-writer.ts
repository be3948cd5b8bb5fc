/** The part of a dispatcher that writes the history, on its own, and what the store then holds. */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { History } from "../../dispatcher/history/history.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import { configFor } from "../../shared/config/load.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { encodeUnplaced } from "../../shared/protocol/history/durable-event.ts";
import { type ChainRecord, decodeRecord } from "../../shared/protocol/history/record.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { startTestNats, type TestNats } from "./nats.ts";
import { natsUrlAs } from "./nats-users.ts";

/** Long enough that nothing is refused for slowness, however busy the machine is. */
const PATIENT_MS = 60_000;

export class HistoryWriter {
  readonly bus: Bus;
  readonly stream: HistoryStream;
  readonly history: History;
  /** What was sent to gateways, by video. */
  readonly sent = new Map<string, Uint8Array[]>();

  private constructor(bus: Bus, config: DispatcherConfig) {
    this.bus = bus;
    this.stream = new HistoryStream(bus, config);
    this.history = new History({
      bus,
      stream: this.stream,
      config,
      log: silentLog,
      onCounted: () => undefined,
      fanout: {
        send: (video, payload) => {
          this.sent.set(video, this.sent.get(video) ?? []);
          this.sent.get(video)?.push(payload);
        },
      },
    });
  }

  /** On a connection of its own, like each dispatcher. */
  static async start(
    natsUrl: string,
    settings: Partial<DispatcherConfig> = {},
  ): Promise<HistoryWriter> {
    const bus = await Bus.connect({
      servers: [natsUrlAs("dispatcher", natsUrl)],
      inbox: "dispatcher",
      name: "writer",
      log: silentLog,
    });
    const config = configFor("dispatcher", { storeTimeoutMs: PATIENT_MS, ...settings });
    const writer = new HistoryWriter(bus, config);
    await writer.stream.ensure();
    writer.history.start();
    return writer;
  }

  /** Stores comments in one request. */
  async store(video: string, ids: readonly string[], data?: unknown): Promise<number[]> {
    const events = ids.map((id) => {
      const kind = "comment";
      return { id, kind, bytes: encodeUnplaced({ id, kind, at: Date.now(), data }) };
    });
    return await this.history.store(video, events);
  }

  /** Stores one comment. */
  async comment(video: string, id: string, data?: unknown): Promise<number> {
    const [seq] = await this.store(video, [id], data);
    return seq ?? 0;
  }

  async stop(): Promise<void> {
    this.history.stop();
    await this.bus.stop();
  }
}

/** One event of a chain, as its own bytes describe it. */
interface ChainEvent {
  readonly id: string;
  readonly kind: string;
  readonly seq: number;
  readonly prev: number;
  readonly data: unknown;
}

interface StoredChain {
  readonly messages: readonly StoredMessage[];
  /** How many new events each message added. */
  readonly sizes: readonly number[];
  /** The readable events, in order, without retracted ones. */
  readonly events: readonly ChainEvent[];
  /** Seqs by id. */
  readonly seqById: ReadonlyMap<string, number>;
}

/** Every record, including those that a later message amended; the later version counts. */
function recordsOf(messages: readonly StoredMessage[]): ChainRecord[] {
  const records = new Map<number, ChainRecord>();
  for (const { payload } of messages) {
    const record = decodeRecord(payload);
    if (record === undefined) throw new Error("a message that is not a record");
    for (const one of [...record.amended, record]) records.set(one.last, one);
  }
  return [...records.values()].sort((one, other) => one.last - other.last);
}

/** A read takes a request for each message, and a dispatcher may trim the oldest meanwhile. */
async function readWhole(
  stream: Pick<HistoryStream, "read">,
  video: string,
): Promise<readonly StoredMessage[]> {
  let messages = await stream.read(video);
  for (;;) {
    const again = await stream.read(video);
    if (again[0]?.sequence === messages[0]?.sequence) return messages;
    messages = again;
  }
}

/**
 * Reads what the store holds of a video, and fails unless that is one chain: each record names the
 * one before it, each event's own bytes agree, and each id occurs once.
 */
export async function readChain(
  stream: Pick<HistoryStream, "read">,
  video: string,
): Promise<StoredChain> {
  const messages = await readWhole(stream, video);
  const records = recordsOf(messages);
  const retracted = new Set<number>();
  const events: ChainEvent[] = [];
  for (const [at, { prev, last, events: entries }] of records.entries()) {
    const before = records[at - 1];
    if (before !== undefined) expect(prev, "a gap or a fork").toBe(before.last);
    for (const { id, kind, seq, bytes, retracts } of entries) {
      const event = decodeTrustedMsgpack(bytes) as ChainEvent;
      expect(event).toMatchObject({ id, kind, seq });
      expect(seq).toBeGreaterThan(prev);
      expect(seq).toBeLessThanOrEqual(last);
      if (retracts !== undefined) retracted.add(retracts);
      events.push(event);
    }
  }
  const shown = events.filter(({ seq }) => !retracted.has(seq));
  expectLinked(shown, retracted);
  const sizes = messages.map(({ payload }) => decodeRecord(payload)?.events.length ?? 0);
  return { messages, sizes, events: shown, seqById: seqByIdOf(shown) };
}

/** Each event follows the one before it, or a retracted one. */
function expectLinked(events: readonly ChainEvent[], retracted: ReadonlySet<number>): void {
  for (const [at, { seq, prev }] of events.entries()) {
    expect(prev).toBeLessThan(seq);
    const before = events[at - 1];
    if (before === undefined || retracted.has(prev)) continue;
    expect(prev, "an event's own predecessor").toBe(before.seq);
  }
}

function seqByIdOf(events: readonly ChainEvent[]): Map<string, number> {
  const seqById = new Map<string, number>();
  for (const { id, seq } of events) {
    expect(seqById.has(id), `${id} is stored twice`).toBe(false);
    seqById.set(id, seq);
  }
  return seqById;
}

/** A nats-server for the tests of a file, and writers on it that end with each test. */
export function useHistoryWriters(): {
  readonly nats: () => TestNats;
  /** A writer for the whole file that is used for reading. */
  readonly reader: () => HistoryWriter;
  readonly start: (settings?: Partial<DispatcherConfig>) => Promise<HistoryWriter>;
  /** The video's complete chain, as the store has it. */
  readonly read: (video: string) => ReturnType<typeof readChain>;
} {
  let nats: TestNats | undefined;
  let reader: HistoryWriter | undefined;
  const writers: HistoryWriter[] = [];
  const running = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error("the nats-server is not running");
    return part;
  };
  beforeAll(async () => {
    nats = await startTestNats();
    reader = await HistoryWriter.start(nats.url);
  });
  afterEach(async () => {
    await Promise.all(writers.splice(0).map((writer) => writer.stop()));
  });
  afterAll(async () => {
    await reader?.stop();
    await nats?.stop();
  });
  return {
    nats: () => running(nats),
    reader: () => running(reader),
    start: async (settings = {}) => {
      const writer = await HistoryWriter.start(running(nats).url, settings);
      writers.push(writer);
      return writer;
    },
    read: (video) => readChain(running(reader).stream, video),
  };
}

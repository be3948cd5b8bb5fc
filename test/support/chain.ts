/** Assertions and helpers for a video's chain of durable events. */
import { expect } from "vitest";
import { Bus } from "../../shared/bus/connection.ts";
import { HistoryStream } from "../../shared/bus/history-stream.ts";
import { configFor } from "../../shared/config/load.ts";
import type { OvationEvent } from "../../shared/protocol/events.ts";
import { encodeUnplaced, writePlace } from "../../shared/protocol/history/durable-event.ts";
import { decodeRecord, encodeRecord, NO_COUNTS } from "../../shared/protocol/history/record.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { natsUrlAs } from "./nats-users.ts";

/** Fails unless the events are in chain order, each once, without a gap. */
export function expectContiguous(events: readonly OvationEvent[]): void {
  for (const [index, event] of events.entries()) {
    expect(event.seq).toBeTypeOf("number");
    const before = events[index - 1];
    if (before !== undefined) expect(event.prev).toBe(before.seq);
  }
}

/** A dispatcher that dies between storing and sending: gateways never receive what it stores. */
export class SilentDispatcher {
  readonly bus: Bus;
  readonly stream: HistoryStream;

  private constructor(bus: Bus, stream: HistoryStream) {
    this.bus = bus;
    this.stream = stream;
  }

  static async start(natsUrl: string): Promise<SilentDispatcher> {
    const bus = await Bus.connect({
      servers: [natsUrlAs("dispatcher", natsUrl)],
      inbox: "dispatcher",
      name: "silent",
      log: silentLog,
    });
    const stream = new HistoryStream(bus, configFor("dispatcher", {}));
    await stream.ensure();
    return new SilentDispatcher(bus, stream);
  }

  /** Appends one comment to the chain. Returns its seq. */
  async store(video: string, id: string): Promise<number> {
    const newest = await this.stream.last(video);
    const prev = newest === undefined ? 0 : (decodeRecord(newest.payload)?.last ?? 0);
    const seq = Math.max(prev + 1, Date.now() * 1_000);
    const bytes = encodeUnplaced({ id, kind: "comment", at: Date.now() });
    writePlace(bytes, seq, prev);
    const after = newest?.sequence ?? 0;
    const events = [{ id, kind: "comment", seq, bytes }];
    const payload = encodeRecord({
      prev,
      last: seq,
      events,
      after,
      amended: [],
      counts: NO_COUNTS,
    });
    await this.stream.append(video, payload, after, 2_000);
    return seq;
  }

  async stop(): Promise<void> {
    await this.bus.stop();
  }
}

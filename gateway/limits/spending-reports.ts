/**
 * What gateways report to each other of what clients published: their spending, and what they
 * published under slow mode. While NATS is away nothing is reported, and each gateway enforces the
 * limits by itself; what was not sent is sent when NATS is back.
 */
import { z } from "zod";
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import { SLOW_MODE_LIMIT_MS } from "../../shared/protocol/moderation/room-rules.ts";
import { VIDEO_PATTERN } from "../../shared/protocol/names.ts";
import {
  gatewayOfSpendingSubject,
  SPENDING_SUBJECTS,
  spendingSubject,
} from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { type ClientKey, isClientKey } from "./client-key.ts";
import type { Publishers } from "./publishers.ts";
import type { SlowMode } from "./slow-mode.ts";

/** How often gateways report. */
export const REPORT_EVERY_MS = 250;
/** Clients, and events under slow mode, in one message; the rest go in the next one. */
const ENTRIES_LIMIT = 1_000;

const clientKey = z.custom<ClientKey>((value) => typeof value === "string" && isClientKey(value));

const reportSchema = z.object({
  /** Each client with what its events cost. */
  spent: z
    .array(z.tuple([clientKey, z.int().min(1)]))
    .max(ENTRIES_LIMIT)
    .default([]),
  /** Events under slow mode: the video, the client, the time between two. */
  slowed: z
    .array(
      z.tuple([z.string().regex(VIDEO_PATTERN), clientKey, z.int().min(1).max(SLOW_MODE_LIMIT_MS)]),
    )
    .max(ENTRIES_LIMIT)
    .default([]),
});

interface SpendingReportsOptions {
  readonly bus: Pick<Bus, "publish" | "subscribe">;
  readonly gateway: string;
  readonly publishers: Pick<Publishers, "unreported" | "reported" | "applyRemote">;
  readonly slowMode: Pick<SlowMode, "unreported" | "reported" | "applyRemote">;
}

export class SpendingReports {
  /** Reports of other gateways that could not be read. */
  readonly stats = { unreadable: 0 };
  readonly #options: SpendingReportsOptions;
  #subscription: BusSubscription | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SpendingReportsOptions) {
    this.#options = options;
  }

  start(): void {
    const { bus } = this.#options;
    this.#subscription = bus.subscribe(SPENDING_SUBJECTS, (payload, subject) => {
      this.#receive(payload, subject);
    });
    this.#timer = setInterval(() => this.#report(), REPORT_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#subscription?.unsubscribe();
  }

  #report(): void {
    const { bus, gateway, publishers, slowMode } = this.#options;
    const spent = publishers.unreported(ENTRIES_LIMIT);
    const slowed = slowMode.unreported(ENTRIES_LIMIT);
    if (spent.length === 0 && slowed.length === 0) return;
    const report = {
      ...(spent.length === 0 ? {} : { spent }),
      ...(slowed.length === 0 ? {} : { slowed }),
    };
    if (!bus.publish(spendingSubject(gateway), encodeMsgpack(report))) return;
    publishers.reported(spent);
    slowMode.reported(slowed.length);
  }

  #receive(payload: Uint8Array, subject: string): void {
    const { gateway, publishers, slowMode } = this.#options;
    const sender = gatewayOfSpendingSubject(subject);
    if (sender === gateway) return;
    const parsed = reportSchema.safeParse(decodeTrustedMsgpack(payload));
    if (sender === undefined || !parsed.success) {
      this.stats.unreadable += 1;
      return;
    }
    for (const [client, cost] of parsed.data.spent) publishers.applyRemote(client, cost);
    for (const slowed of parsed.data.slowed) slowMode.applyRemote(slowed);
  }
}

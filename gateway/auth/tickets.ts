/**
 * Tickets, with which an `EventSource`, which can't send headers, opens its stream. Each opens one,
 * within a short time, at any gateway: they are stored by their hash in a bucket that all gateways
 * share, and the gateway that removes one has used it.
 */
import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { ticketsBucket } from "../../shared/protocol/buckets.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { isScope } from "../../shared/protocol/rights.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { ClientKey } from "../limits/client-key.ts";
import { TicketShares } from "../limits/ticket-shares.ts";
import { Grant } from "./grant.ts";

const TICKET_PATTERN = /^[A-Za-z0-9_-]{43}$/;

const ticketSchema = z.object({
  expiresAtMs: z.number(),
  grant: z.object({
    actor: z.string().optional(),
    videos: z.array(z.string()),
    publish: z.array(z.string()),
    scopes: z.array(z.string().refine(isScope)),
    expiresAtMs: z.number().optional(),
    apiKey: z.string().optional(),
  }),
});

interface TicketsOptions {
  readonly bus: Bus;
  readonly lifeMs: number;
  readonly replicas: number;
  readonly clientSharePercent: number;
  readonly limitedClientsKept: number;
  readonly now: MonotonicClock;
  readonly wallClock: () => number;
  readonly log: Log;
}

function keyOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}

export class Tickets {
  readonly stats = { issued: 0, used: 0 };
  readonly #options: TicketsOptions;
  readonly #bucket: Bucket;
  readonly #shares: TicketShares;

  constructor(options: TicketsOptions) {
    this.#options = options;
    const { bus, replicas } = options;
    this.#bucket = new Bucket(bus, ticketsBucket(replicas));
    this.#shares = new TicketShares(options);
  }

  /**
   * @param address where the grant's holder is
   * @returns a ticket for this grant, and how long it can be used
   * @throws OvationError `tickets_exceeded` or `unavailable`
   */
  async issue(
    grant: Grant,
    address: ClientKey,
  ): Promise<{ readonly ticket: string; readonly expiresInMs: number }> {
    const { lifeMs, wallClock } = this.#options;
    const ticket = randomBytes(32).toString("base64url");
    const record = { expiresAtMs: wallClock() + lifeMs, grant: grant.record };
    const bytes = encodeMsgpack(record);
    this.#shares.take({ client: grant.clientAt(address), address }, bytes.length);
    await this.#tried(() => this.#bucket.put(keyOf(ticket), bytes, 0));
    this.stats.issued += 1;
    return { ticket, expiresInMs: lifeMs };
  }

  /**
   * Uses up a ticket.
   * @throws OvationError `token_refused` or `unavailable`
   */
  async use(ticket: string): Promise<Grant> {
    const refused = new OvationError("token_refused", "the ticket is unknown, used or too old");
    if (!TICKET_PATTERN.test(ticket)) throw refused;
    const key = keyOf(ticket);
    const entry = await this.#tried(() => this.#bucket.get(key));
    if (entry?.value === undefined) throw refused;
    const parsed = ticketSchema.safeParse(decodeTrustedMsgpack(entry.value));
    if (!parsed.success || parsed.data.expiresAtMs < this.#options.wallClock()) throw refused;
    try {
      // Only one of several gateways can remove this exact revision.
      await this.#tried(() => this.#bucket.remove(key, entry.revision));
    } catch (error) {
      throw error instanceof RevisionConflict ? refused : error;
    }
    this.stats.used += 1;
    return new Grant(parsed.data.grant);
  }

  async #tried<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RevisionConflict) throw error;
      throw new OvationError("unavailable", "tickets can't be stored at the moment", {
        cause: error,
      });
    }
  }
}

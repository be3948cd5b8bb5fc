/** Replies to requests that came over the bus, at once or when their work is done. */
import type { Bus } from "../../shared/bus/connection.ts";
import { asOvationError, type ErrorBody } from "../../shared/protocol/errors.ts";
import { isInboxOfGateway, isReservedSubject } from "../../shared/protocol/subjects.ts";
import { type Encoding, encode } from "../../shared/protocol/wire/codec.ts";
import { headSize, MsgpackWriter, textSize } from "../../shared/protocol/wire/msgpack-writer.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";

interface RepliesOptions {
  readonly bus: Pick<Bus, "publish">;
  readonly log: Log;
}

/** The reply for accepted events; see publishReplySchema. */
export interface Accepted {
  readonly accepted: readonly (string | null)[];
  readonly seqs?: readonly (number | null)[];
  readonly refused?: readonly (ErrorBody & { readonly index: number })[];
}

/** The reply for a command that was carried out. */
interface Done {
  readonly result: unknown;
}

const ACCEPTED = "accepted";

/** `{"accepted": ids}` as msgpack: nearly all replies, at half the cost of encoding them as any value. */
function plainReply(ids: Accepted["accepted"]): Buffer {
  let size = 1 + textSize(ACCEPTED.length) + headSize(ids.length);
  // Ids are ASCII.
  for (const id of ids) size += id === null ? 1 : textSize(id.length);
  const reply = new MsgpackWriter(size);
  reply.smallMap(1);
  reply.text(ACCEPTED, ACCEPTED.length);
  reply.list(ids.length);
  for (const id of ids) {
    if (id === null) reply.nil();
    else reply.text(id, id.length);
  }
  return reply.bytes;
}

export class Replies {
  /** Refused requests, and events of lists, by error code: of gateways, and of services over NATS. */
  readonly refused = { gateway: new Map<string, number>(), service: new Map<string, number>() };
  /** Replies not sent, since their subject is one on which only parts of Ovation may send. */
  rejectedReplyTo = 0;
  readonly #options: RepliesOptions;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  /** The reply subject of a gateway's request, or an empty one if it isn't a gateway's inbox. */
  toGateway(reply: string): string {
    if (reply === "" || isInboxOfGateway(reply)) return reply;
    this.rejectedReplyTo += 1;
    return "";
  }

  /** @param reply subject of the reply; empty when nobody waits for it */
  accept(encoding: Encoding, reply: string, accepted: Accepted | Done): void {
    const refused = "refused" in accepted ? accepted.refused : undefined;
    if (refused !== undefined) for (const { code } of refused) this.#countRefusal(reply, code);
    const isPlain = "accepted" in accepted && accepted.seqs === undefined && refused === undefined;
    if (isPlain && encoding === "msgpack") this.#sendBytes(reply, plainReply(accepted.accepted));
    else this.#send(encoding, reply, accepted);
  }

  /** @param trace that the request belongs to */
  refuse(encoding: Encoding, reply: string, fault: unknown, trace?: TraceContext): void {
    const error = asOvationError(fault);
    if (error.code === "internal") {
      const err = error.cause ?? error;
      const traced = trace === undefined ? {} : { traceId: trace.traceId };
      this.#options.log.error({ err, ...traced }, "request failed");
    }
    this.#countRefusal(reply, error.code);
    this.#send(encoding, reply, { error: error.body() });
  }

  /**
   * Replies when the work has an outcome.
   * @param trace that the request belongs to
   */
  later(
    encoding: Encoding,
    reply: string,
    work: Promise<Accepted | Done>,
    trace?: TraceContext,
  ): void {
    const answered = work
      .then(
        (accepted) => this.accept(encoding, reply, accepted),
        (fault: unknown) => this.refuse(encoding, reply, fault, trace),
      )
      .finally(() => this.#underWay.delete(answered));
    this.#underWay.add(answered);
  }

  /** Resolves when every request under way has its reply. */
  async drain(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #countRefusal(reply: string, code: string): void {
    const counts = this.refused[isInboxOfGateway(reply) ? "gateway" : "service"];
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }

  #send(encoding: Encoding, reply: string, answer: unknown): void {
    if (reply !== "") this.#sendBytes(reply, encode(encoding, answer));
  }

  #sendBytes(reply: string, answer: Uint8Array): void {
    // We may publish where the requester may not: never reply on a subject of Ovation or NATS.
    if (isReservedSubject(reply)) this.rejectedReplyTo += 1;
    else if (reply !== "") this.#options.bus.publish(reply, answer);
  }
}

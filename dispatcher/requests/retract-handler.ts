/** Handles requests to delete a durable event. */
import { decodeUntrusted } from "../../shared/protocol/decode-untrusted.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { errorOfIssues, retractRequestSchema } from "../../shared/protocol/events.ts";
import { videoOfRetractSubject } from "../../shared/protocol/subjects.ts";
import { type Encoding, sniffEncoding } from "../../shared/protocol/wire/codec.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { type Tracer, withSpan } from "../../shared/runtime/tracing/tracer.ts";
import type { Retractions } from "../moderation/retractions.ts";
import { startDispatchSpan } from "./dispatch-span.ts";
import type { Accepted, Replies } from "./replies.ts";

interface RetractHandlerOptions {
  readonly replies: Pick<Replies, "later">;
  readonly retractions: Pick<Retractions, "retract">;
  readonly tracer: Tracer | undefined;
}

export class RetractHandler {
  readonly #options: RetractHandlerOptions;

  constructor(options: RetractHandlerOptions) {
    this.#options = options;
  }

  /** Takes one request off the bus, in msgpack or JSON: `{id}`. */
  take(payload: Uint8Array, subject: string, reply: string, traces: readonly TraceContext[]): void {
    const encoding = sniffEncoding(payload);
    const { replies, tracer } = this.#options;
    const span = startDispatchSpan(tracer, subject, traces);
    const work = this.#retract(encoding, payload, subject, span?.trace);
    replies.later(encoding, reply, withSpan(span, work), span?.trace);
  }

  async #retract(
    encoding: Encoding,
    payload: Uint8Array,
    subject: string,
    trace: TraceContext | undefined,
  ): Promise<Accepted> {
    const video = videoOfRetractSubject(subject);
    if (video === undefined) throw new OvationError("video_invalid", undefined, { field: "video" });
    const value = decodeUntrusted(encoding, payload, "body_malformed", "the request");
    const request = retractRequestSchema.safeParse(value);
    if (!request.success) throw errorOfIssues(request.error);
    const seq = await this.#options.retractions.retract(video, request.data, trace);
    return { accepted: [request.data.id], seqs: [seq] };
  }
}

/** Handles gateways' requests to count a video's viewers and send the count to them. */
import { OvationError } from "../../shared/protocol/errors.ts";
import { videoOfCountSubject } from "../../shared/protocol/subjects.ts";
import type { DispatcherOverload } from "../overload.ts";
import type { ViewerCounts } from "../table/counts.ts";
import type { Replies } from "./replies.ts";

interface CountHandlerOptions {
  readonly replies: Pick<Replies, "later">;
  readonly counts: Pick<ViewerCounts, "request">;
  /** Refuses requests under overload. */
  readonly overload: Pick<DispatcherOverload, "admitRequest">;
}

export class CountHandler {
  readonly stats = { requests: 0 };
  readonly #options: CountHandlerOptions;

  constructor(options: CountHandlerOptions) {
    this.#options = options;
  }

  /** Takes one request off the bus; its payload is empty. Answered once the count is sent. */
  take(_payload: Uint8Array, subject: string, reply: string): void {
    this.stats.requests += 1;
    this.#options.replies.later("msgpack", reply, this.#count(subject));
  }

  async #count(subject: string): Promise<{ readonly accepted: readonly string[] }> {
    this.#options.overload.admitRequest();
    const video = videoOfCountSubject(subject);
    if (video === undefined) throw new OvationError("video_invalid", undefined, { field: "video" });
    await this.#options.counts.request(video);
    return { accepted: [] };
  }
}

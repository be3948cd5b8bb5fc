/** Requests to the dispatchers that serve a video's partition, or, where there is none, to any. */
import type { Bus } from "../../shared/bus/connection.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { partitionOf } from "../../shared/protocol/partitions.ts";
import { withoutPartition } from "../../shared/protocol/subjects.ts";
import { NO_TRACES, type TraceContext } from "../../shared/runtime/tracing/trace-context.ts";

interface PartitionRequestsOptions {
  readonly bus: Pick<Bus, "request" | "maxPayloadBytes">;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** How many partitions there are. */
  readonly partitions: number;
}

/** The subject of a request for a video, or for NO_VIDEO. */
type SubjectOf = (partition: number, target: string) => string;

export class PartitionRequests {
  /** Requests whose partition nobody served, and that went to any dispatcher. */
  readonly stats = { unserved: 0 };
  readonly #options: PartitionRequestsOptions;

  constructor(options: PartitionRequestsOptions) {
    this.#options = options;
  }

  /** The largest payload that the server accepts, in bytes. */
  get maxPayloadBytes(): number {
    return this.#options.bus.maxPayloadBytes;
  }

  /**
   * Sends a request and resolves with its answer.
   * @param traces the traces that it belongs to
   * @throws OvationError `unavailable` when there is no dispatcher, `timeout` when none answered
   */
  async send(
    subjectOf: SubjectOf,
    target: string,
    payload: Uint8Array,
    traces: readonly TraceContext[] = NO_TRACES,
  ): Promise<Uint8Array> {
    const { bus, timeoutMs, partitions } = this.#options;
    const subject = subjectOf(partitionOf(target, partitions), target);
    try {
      return await bus.request(subject, payload, timeoutMs, traces);
    } catch (error) {
      // Then nobody has it. Both owners may have died, or dispatchers be of a version without partitions.
      if (!(error instanceof OvationError) || error.code !== "unavailable") throw error;
      this.stats.unserved += 1;
      return await bus.request(withoutPartition(subject), payload, timeoutMs, traces);
    }
  }
}

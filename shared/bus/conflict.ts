/** A conditional write whose expected revision was not the newest. */
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";

export class RevisionConflict extends Error {
  override readonly name = "RevisionConflict";
}

/** Newer servers don't always name the sequence that they found. */
const WRONG_LAST_SEQUENCE: readonly number[] = [
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
];

/** The error as a {@link RevisionConflict}, if it is one. */
export function asConflict(error: unknown): unknown {
  return error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.includes(error.code)
    ? new RevisionConflict(error.message, { cause: error })
    : error;
}

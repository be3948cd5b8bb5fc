/** The event that viewers get. Separate from events.ts, because browsers use it too. */

/**
 * An event of a video, as viewers get it. `at` is its time in milliseconds since 1970.
 *
 * @example
 * const line = ({ actor = "somebody", at }: OvationEvent) => `${actor}, ${new Date(at)}`;
 */
export interface OvationEvent {
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  readonly actor?: string;
  readonly data?: unknown;
  /** The number of a durable event: an integer that increases along the video's chain. */
  readonly seq?: number;
  /** The `seq` of the previous durable event; 0 if none is known. */
  readonly prev?: number;
}

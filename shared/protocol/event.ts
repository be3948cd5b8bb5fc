/** What is delivered; separate from events.ts, since browsers use it too. */

/**
 * Something that happened on a video, as viewers get it. `at` is milliseconds since 1970.
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
  /** Of a durable event: an integer that increases along the video's chain. */
  readonly seq?: number;
  /** Of a durable event: `seq` of the one before it; 0 when none is known. */
  readonly prev?: number;
}

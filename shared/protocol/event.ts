/** What is delivered; apart from events.ts, since it is known in a browser too. */

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
  /** Of a durable event: its place in the video's chain, a whole number that rises along it. */
  readonly seq?: number;
  /** Of a durable event: `seq` of the one before it; 0 when none is known. */
  readonly prev?: number;
}

/** What a story and a process of light viewers tell each other. */

export interface OpenSwarm {
  readonly viewers: number;
  readonly video: string;
  /** Gateways; each viewer comes to the first of its own order. */
  readonly targets: readonly { readonly host: string; readonly port: number }[];
  /** Whether all come to the first target, or equally many to each. */
  readonly together: boolean;
  /** At the beginning, so many come in a second. */
  readonly comingPerSecond?: number;
}

export type ThrongCommand =
  | ({ readonly what: "open" } & OpenSwarm)
  | { readonly what: "report" }
  /** Begins the account of attempts, absences and refusals anew. */
  | { readonly what: "forget" };

export interface ThrongReport {
  readonly viewers: number;
  /** Viewers that watch just now. */
  readonly subscribed: number;
  /** The newest comment of the viewer that is furthest behind, and of the one furthest ahead. */
  readonly oldestSeq: number;
  readonly newestSeq: number;
  /** Comments that followed another one than they should, after all was asked for again. */
  readonly gaps: number;
  readonly repeated: number;
  /** Viewers whose history could not be continued. */
  readonly unrecovered: number;
  /** Times a viewer came back, and the longest time that one was away. */
  readonly returns: number;
  readonly longestAwayMs: number;
  /** Connections that were closed with 1012. */
  readonly sentAway: number;
  /** When the first of them was, in milliseconds since 1970. */
  readonly firstSentAwayAt: number | undefined;
  /** Handshakes that were refused, or for which nobody was there. */
  readonly failed: number;
  readonly likes: number;
  /** Connections tried in each tenth of a second since the first try. */
  readonly attempts: readonly number[];
}

/** The most connections that were tried within any second, by tenths. */
export function mostPerSecond(attempts: readonly number[]): number {
  return Math.max(
    ...attempts.map((_, from) =>
      attempts.slice(from, from + 10).reduce((sum, count) => sum + count, 0),
    ),
  );
}

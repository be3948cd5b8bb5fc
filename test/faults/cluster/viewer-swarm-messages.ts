/** The messages between a test and a process of light viewers. */

export interface OpenSwarm {
  readonly viewers: number;
  readonly video: string;
  /** Gateways; each viewer starts with the first of its own order. */
  readonly targets: readonly { readonly host: string; readonly port: number }[];
  /** Whether all start at the first target, or equally many at each. */
  readonly together: boolean;
  /** How many connect per second at the start. */
  readonly comingPerSecond?: number;
}

export type SwarmCommand =
  | ({ readonly what: "open" } & OpenSwarm)
  | { readonly what: "report" }
  /** Resets the counts of attempts, absences and refusals. */
  | { readonly what: "forget" };

export interface SwarmReport {
  readonly viewers: number;
  /** Viewers that are subscribed now. */
  readonly subscribed: number;
  /** The newest comment of the viewer furthest behind, and of the one furthest ahead. */
  readonly oldestSeq: number;
  readonly newestSeq: number;
  /** Comments whose predecessor was missing, so that the viewer subscribed again. */
  readonly gaps: number;
  readonly repeated: number;
  /** Viewers whose history could not be recovered. */
  readonly unrecovered: number;
  /** How often a viewer came back, and the longest time that one was away. */
  readonly returns: number;
  readonly longestAwayMs: number;
  /** The longest time after which a gateway told a viewer to reconnect. */
  readonly longestToldMs: number;
  /** Connections that were closed with 1012. */
  readonly sentAway: number;
  /** When the first of them was closed, in milliseconds since 1970. */
  readonly firstSentAwayAt: number | undefined;
  /** Handshakes that were refused or unanswered. */
  readonly failed: number;
  readonly likes: number;
  /** Connection attempts in each tenth of a second since the first one. */
  readonly attempts: readonly number[];
}

/** The most connection attempts within any second, in steps of a tenth. */
export function mostPerSecond(attempts: readonly number[]): number {
  return Math.max(
    ...attempts.map((_, from) =>
      attempts.slice(from, from + 10).reduce((sum, count) => sum + count, 0),
    ),
  );
}

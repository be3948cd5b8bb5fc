/**
 * When events are published. A schedule is fixed before a run and does not wait for the server (open loop):
 * a slow server shows as latency and never lowers the load.
 */
import TinyQueue from "tinyqueue";

/** Events of one kind on one video. All times count from the start of the run. */
export interface Stream {
  readonly video: string;
  readonly kind: string;
  /** The text of each event. */
  readonly text?: string;
  /** The number of its first event; later streams of a video continue where earlier ones ended. */
  readonly firstNumber: number;
  readonly timing: Timing;
}

type Timing =
  | {
      readonly form: "steady";
      readonly perSecond: number;
      readonly fromUs: number;
      readonly count: number;
    }
  | { readonly form: "listed"; readonly dueUs: readonly number[] };

/** How many events a stream has. */
function countOf({ timing }: Stream): number {
  return timing.form === "steady" ? timing.count : timing.dueUs.length;
}

/** The scheduled time of the stream's event `index`, in microseconds from the start of the run. */
export function dueUs({ timing }: Stream, index: number): number {
  return timing.form === "steady"
    ? timing.fromUs + Math.round((index * 1_000_000) / timing.perSecond)
    : (timing.dueUs[index] ?? Number.POSITIVE_INFINITY);
}

/** An event and its scheduled time. */
export interface Due {
  readonly stream: Stream;
  readonly number: number;
  readonly dueUs: number;
}

interface StreamPosition {
  readonly stream: Stream;
  next: number;
  nextUs: number;
}

/** Merges several streams, in the order of their events' scheduled times. */
export class Agenda {
  readonly #queue: TinyQueue<StreamPosition>;

  constructor(streams: readonly Stream[]) {
    const positions = streams
      .filter((stream) => countOf(stream) > 0)
      .map((stream) => ({ stream, next: 0, nextUs: dueUs(stream, 0) }));
    this.#queue = new TinyQueue<StreamPosition>(
      positions,
      (one, other) => one.nextUs - other.nextUs,
    );
  }

  /** The scheduled time of the next event; infinity when none is left. */
  get nextUs(): number {
    return this.#queue.peek()?.nextUs ?? Number.POSITIVE_INFINITY;
  }

  /** Passes on every event scheduled up to `untilUs`, in order. */
  take(untilUs: number, onDue: (due: Due) => void): void {
    while (this.nextUs <= untilUs) {
      const position = this.#queue.pop();
      if (position === undefined) return;
      const { stream, next, nextUs } = position;
      onDue({ stream, number: stream.firstNumber + next, dueUs: nextUs });
      position.next += 1;
      if (position.next >= countOf(stream)) continue;
      position.nextUs = dueUs(stream, position.next);
      this.#queue.push(position);
    }
  }
}

/** How many events of each kind are scheduled in each second of a run. */
export function arrivalsOf(streams: readonly Stream[]): Readonly<Record<string, number>>[] {
  const seconds: Record<string, number>[] = [];
  new Agenda(streams).take(Number.MAX_SAFE_INTEGER, ({ stream: { kind }, dueUs }) => {
    const second = Math.floor(dueUs / 1e6);
    while (seconds.length <= second) seconds.push({});
    const of = seconds[second] ?? {};
    of[kind] = (of[kind] ?? 0) + 1;
  });
  return seconds;
}

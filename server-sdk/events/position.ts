/**
 * How far a reader of the history has come: a text for whoever stores it.
 *
 * The stream's sequence alone is not enough. A deletion erases a message and stores what is left of it
 * in a later one, so what stood before the position may stand after it: `settled` tells which of that
 * was read.
 */

export interface Position {
  readonly epoch: string;
  /** All messages up to this sequence were read. */
  readonly sequence: number;
  /**
   * What was stored up to this sequence was told, wherever it is now: the last message was read, and
   * there was none after it.
   */
  readonly settled: number;
  /** What was stored up to this sequence may have been removed before it was read: that is no loss. */
  readonly since: number;
  /** When all that there was had been read, in milliseconds since 1970. */
  readonly at: number;
  /** Of the next message of this video, this was told too, up to this `seq`. */
  readonly done?: { readonly video: string; readonly seq: number } | undefined;
}

const TEXT =
  /^([a-z0-9]+)\.(\d{1,16})\.(\d{1,16})\.(\d{1,16})\.(\d{1,16})(?:\.([A-Za-z0-9_-]{1,128})\.(\d{1,16}))?$/;

export function textOf({ epoch, sequence, settled, since, at, done }: Position): string {
  const text = [epoch, sequence, settled, since, at].join(".");
  return done === undefined ? text : `${text}.${done.video}.${done.seq}`;
}

/** The inverse of {@link textOf}; undefined for another text. */
export function positionOf(text: string): Position | undefined {
  const [, epoch = "", sequence, settled, since, at, video, seq] = TEXT.exec(text) ?? [];
  if (epoch === "") return undefined;
  return {
    epoch,
    sequence: Number(sequence),
    settled: Number(settled),
    since: Number(since),
    at: Number(at),
    done: video === undefined ? undefined : { video, seq: Number(seq) },
  };
}

/**
 * The position before everything that a history has.
 * @param since its last sequence
 */
export function startOf(epoch: string, since: number): Position {
  return { epoch, sequence: 0, settled: 0, since, at: 0 };
}

/** The position after this sequence, where nothing before it matters. */
export function positionAfter(epoch: string, sequence: number, at: number): Position {
  return { epoch, sequence, settled: sequence, since: sequence, at };
}

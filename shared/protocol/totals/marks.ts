/**
 * What a stored document says about the writes in it, so that each is added once. Several writers
 * add to one document by compare-and-set; when the answer to a write is lost, its writer doesn't
 * know whether it was carried out. Each writer numbers its writes, and leaves the number of its
 * last one in the document.
 *
 * The number of marks is bounded. When a mark is dropped, the revision that its write was bound to
 * raises the document's floor. So a writer that doesn't find its mark knows whether it could have
 * been dropped: only a write that was bound to a revision up to the floor can have left a mark that
 * is gone. Nobody has to know which writers are alive, and no clock is involved.
 */

/** The marks that a document keeps: those of the writers that wrote last. */
const MARKS_LIMIT = 32;

/** A writer's mark. */
export interface Mark {
  /** The number of its last write. */
  readonly number: number;
  /** The revision that this write was bound to: that of the document that it replaced. */
  readonly over: number;
}

export interface Marks {
  readonly byWriter: ReadonlyMap<string, Mark>;
  /** No mark of a write that was bound to a later revision was dropped. */
  readonly floor: number;
}

export const NO_MARKS: Marks = { byWriter: new Map(), floor: -1 };

/** A write whose outcome its writer may have to find out. */
export interface NumberedWrite {
  readonly writer: string;
  readonly number: number;
  /** The earliest revision that an attempt without an answer was bound to. */
  readonly unansweredOver: number | undefined;
}

/**
 * What a document says about a write: whether it was added, or not, or whether that can't be known
 * any more.
 */
export function standingOf(
  { byWriter, floor }: Marks,
  { writer, number, unansweredOver }: NumberedWrite,
): "added" | "absent" | "unknown" {
  const mark = byWriter.get(writer);
  if (mark !== undefined) return mark.number >= number ? "added" : "absent";
  return unansweredOver !== undefined && unansweredOver <= floor ? "unknown" : "absent";
}

/**
 * The marks of a document with one more write.
 * @param over the revision that the write is bound to
 */
export function withMark(
  marks: Marks,
  { writer, number }: Pick<NumberedWrite, "writer" | "number">,
  over: number,
  limit = MARKS_LIMIT,
): Marks {
  const byWriter = new Map(marks.byWriter);
  byWriter.set(writer, { number, over });
  return bounded(byWriter, marks.floor, limit);
}

/** The marks of two versions of one document: all writes that either of them has. */
export function joinMarks(one: Marks, other: Marks, limit = MARKS_LIMIT): Marks {
  if (one === other) return one;
  const floor = Math.max(one.floor, other.floor);
  const byWriter = new Map<string, Mark>();
  for (const [writer, mark] of [...one.byWriter, ...other.byWriter]) {
    // One of the two may have dropped it, or a later one of the same writer: it must not come back,
    // since it would say that the later write is absent.
    if (mark.over <= floor) continue;
    const known = byWriter.get(writer);
    if (known === undefined || known.number < mark.number) byWriter.set(writer, mark);
  }
  return bounded(byWriter, floor, limit);
}

/** Drops the marks of the writes that were bound to the earliest revisions. */
function bounded(byWriter: Map<string, Mark>, floorBefore: number, limit: number): Marks {
  let floor = floorBefore;
  if (byWriter.size > limit) {
    const oldestFirst = [...byWriter].toSorted(([, one], [, other]) => one.over - other.over);
    for (const [writer, { over }] of oldestFirst.slice(0, byWriter.size - limit)) {
      byWriter.delete(writer);
      floor = Math.max(floor, over);
    }
  }
  return { byWriter, floor };
}

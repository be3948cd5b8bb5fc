/**
 * Adds to one document of a bucket that other dispatchers add to as well, each change once: also
 * when answers are lost, when others are faster, and when the store loses its newest writes.
 */
import type { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import {
  type Marks,
  type NumberedWrite,
  standingOf,
  withMark,
} from "../../shared/protocol/totals/marks.ts";

export interface Marked {
  readonly marks: Marks;
}

/** How documents of one sort are read, changed and written. */
export interface DocumentFormat<Document extends Marked, Change> {
  readonly empty: Document;
  encode(document: Document): Uint8Array;
  /** Undefined for bytes that aren't ours. */
  decode(bytes: Uint8Array): Document | undefined;
  /** The document with this change, or itself if that changes nothing; marks stay as they are. */
  apply(document: Document, change: Change): Document;
  /** All that either version has. */
  join(one: Document, other: Document): Document;
}

export interface DocumentWriterOptions<Document extends Marked, Change> {
  readonly bucket: Pick<Bucket, "get" | "put">;
  readonly format: DocumentFormat<Document, Change>;
  /** Identifies this dispatcher among all that ever write. */
  readonly writer: string;
  /** The next number of a write, of any document: a document may be forgotten and written again. */
  readonly nextNumber: () => number;
  readonly stats: DocumentStats;
  readonly marksLimit?: number;
}

interface DocumentStats {
  /** Documents read before they were written. */
  reads: number;
  /** Documents written. */
  writes: number;
  /** Writes that another dispatcher's write came before. */
  conflicts: number;
  /** Writes that may have been carried out, which can't be known any more: not repeated. */
  unknown: number;
}

/** A change on its way into the document. It stays as it is until its outcome is known. */
interface Write<Change> extends NumberedWrite {
  readonly change: Change;
  unansweredOver: number | undefined;
}

interface Known<Document> {
  readonly document: Document;
  /** 0 when the bucket has no such key. */
  readonly revision: number;
}

/** Attempts before others get their turn: each conflict means that somebody else succeeded. */
const ATTEMPTS = 8;

export class DocumentWriter<Document extends Marked, Change> {
  readonly #key: string;
  readonly #options: DocumentWriterOptions<Document, Change>;
  #known: Known<Document> | undefined;
  /** What is known may be old: another dispatcher has written, or an answer was lost. */
  #isDoubted = true;
  /** Another dispatcher writes too, so reading first is cheaper than a conflict. */
  #isShared = false;
  #write: Write<Change> | undefined;

  constructor(key: string, options: DocumentWriterOptions<Document, Change>) {
    this.#key = key;
    this.#options = options;
  }

  /** The document as it was last read or written; undefined before that. */
  get document(): Document | undefined {
    return this.#known?.document;
  }

  /** Whether a change waits for its outcome: it must be stored before another is begun. */
  get isPending(): boolean {
    return this.#write !== undefined;
  }

  /** The change that waits for its outcome. */
  get pending(): Change | undefined {
    return this.#write?.change;
  }

  /** Takes the next change, to be stored by {@link store}. */
  begin(change: Change): void {
    const { writer, nextNumber } = this.#options;
    this.#write = { writer, number: nextNumber(), change, unansweredOver: undefined };
  }

  /**
   * Stores the change that was begun; after an error it is to be called again.
   * @returns the document with it
   * @throws what the bucket throws; the change may have been stored all the same
   */
  async store(): Promise<Document> {
    for (let attempts = 0; attempts < ATTEMPTS; attempts += 1) {
      const stored = await this.#attempt();
      if (stored !== undefined) return stored;
    }
    throw new RevisionConflict(`${ATTEMPTS} writes of others came first`);
  }

  /**
   * Reads the document.
   * @throws what the bucket throws
   */
  async read(): Promise<Document> {
    const { bucket, format, stats } = this.#options;
    const entry = await bucket.get(this.#key);
    stats.reads += 1;
    const before = this.#known?.document;
    let document = format.empty;
    if (entry?.value !== undefined) document = format.decode(entry.value) ?? format.empty;
    // A store that lost its newest writes gets them back from those who know them. One that says
    // that the document was removed has lost nothing.
    const isRemoved = entry !== undefined && entry.value === undefined;
    if (before !== undefined && !isRemoved) document = format.join(document, before);
    const revision = entry?.revision ?? 0;
    this.#isShared &&= revision !== this.#known?.revision;
    this.#known = { document, revision };
    this.#isDoubted = false;
    return document;
  }

  /** Frees the memory of what can be read again. */
  forget(): void {
    this.#known = undefined;
    this.#isDoubted = true;
  }

  /** Undefined when another dispatcher was faster. */
  async #attempt(): Promise<Document | undefined> {
    const { bucket, format, stats, marksLimit } = this.#options;
    const write = this.#write;
    const isRead = this.#isDoubted || this.#isShared || this.#known === undefined;
    if (isRead) await this.read();
    const known = this.#known ?? { document: format.empty, revision: 0 };
    if (write === undefined) return known.document;
    const standing = standingOf(known.document.marks, write);
    if (standing !== "absent") {
      if (standing === "unknown") stats.unknown += 1;
      this.#write = undefined;
      return known.document;
    }
    const changed = format.apply(known.document, write.change);
    if (changed === known.document) {
      // Only the store itself can say that there is nothing to change.
      this.#isDoubted = !isRead;
      if (!isRead) return undefined;
      this.#write = undefined;
      return known.document;
    }
    const marks = withMark(known.document.marks, write, known.revision, marksLimit);
    const document = { ...changed, marks };
    // Until the answer says otherwise.
    this.#isDoubted = true;
    try {
      const revision = await bucket.put(this.#key, format.encode(document), known.revision);
      this.#known = { document, revision };
    } catch (error) {
      if (!(error instanceof RevisionConflict)) {
        write.unansweredOver = Math.min(write.unansweredOver ?? known.revision, known.revision);
        throw error;
      }
      stats.conflicts += 1;
      this.#isShared = true;
      return undefined;
    }
    stats.writes += 1;
    this.#isDoubted = false;
    this.#write = undefined;
    return document;
  }
}

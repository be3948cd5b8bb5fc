/** The kinds that a subscription gets, where that is not all of them. */
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  type KindTable,
  RETRACTED_KIND,
  TOTALS_KIND,
  VIEWERS_KIND,
} from "../../shared/protocol/kinds.ts";

/** Built-in kinds that tell a number: watching them alone is not watching the video. */
const NUMBERS: ReadonlySet<string> = new Set([VIEWERS_KIND, TOTALS_KIND]);

export class KindFilter {
  /** The same for every filter with the same kinds. */
  readonly key: string;
  /** Whether one of its kinds is stored: only then has the viewer a position in the history. */
  readonly hasDurable: boolean;
  /** Whether all of its kinds are numbers. */
  readonly isNumbersAlone: boolean;
  readonly #names: ReadonlySet<string>;

  /**
   * @param names as the viewer gave them
   * @throws OvationError kind_unknown
   */
  constructor(names: readonly string[], kinds: KindTable) {
    const unknown = names.findIndex((name) => kinds.get(name) === undefined);
    if (unknown >= 0) {
      const field = `kinds[${unknown}]`;
      throw new OvationError("kind_unknown", `${field}: not a kind of this deployment`, { field });
    }
    this.hasDurable = names.some((name) => kinds.isDurable(name));
    // What a viewer has must be deleted there too.
    this.#names = new Set(this.hasDurable ? [...names, RETRACTED_KIND] : names);
    this.key = [...this.#names].sort().join(",");
    this.isNumbersAlone = names.every((name) => NUMBERS.has(name));
  }

  has(kind: string): boolean {
    return this.#names.has(kind);
  }
}

/** Repeatable randomness: the seed is printed, and OVATION_TEST_SEED sets it. */
import { randomInt } from "node:crypto";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export class Chance {
  readonly seed: number;
  readonly #generator;

  /** @param what its purpose, printed with the seed */
  constructor(what: string) {
    const given = process.env["OVATION_TEST_SEED"];
    this.seed = given === undefined ? randomInt(2 ** 31) : Number(given);
    if (!Number.isSafeInteger(this.seed)) throw new Error(`OVATION_TEST_SEED is ${given}`);
    this.#generator = xoroshiro128plus(this.seed);
    process.stderr.write(`${what}: OVATION_TEST_SEED=${this.seed}\n`);
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** One of the items. */
  of<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("nothing to choose from");
    return items[this.between(0, items.length - 1)] as T;
  }
}

import fc from "fast-check";
import { expect, test } from "vitest";
import type { StoredVote } from "../../shared/protocol/votes/record.ts";
import { VoteTable } from "./vote-table.ts";

const word = fc.nat({ max: 0xffff_ffff });
/** Few different values, so that actors come again and slots collide. */
const fewWords = fc.oneof(word, fc.nat({ max: 3 }), fc.constant(0xffff_ffff));

test("the table of votes holds what a Map would", () => {
  const vote: fc.Arbitrary<StoredVote> = fc.record({
    high: fewWords,
    low: fewWords,
    tag: word,
    choice: fc.nat({ max: 15 }),
  });
  fc.assert(
    fc.property(fc.array(vote, { maxLength: 400 }), (votes) => {
      const table = new VoteTable();
      const model = new Map<string, StoredVote>();
      for (const one of votes) {
        const key = `${one.high} ${one.low}`;
        expect(table.set(one)).toBe(model.get(key)?.choice);
        model.set(key, one);
      }
      expect(table.size).toBe(model.size);
      for (const { high, low, tag, choice } of model.values()) {
        expect(table.get(high, low)).toEqual({ tag, choice });
      }
    }),
  );
});

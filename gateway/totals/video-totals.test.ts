import fc from "fast-check";
import { expect, test } from "vitest";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import {
  joinTotals,
  NO_TOTALS,
  type VideoTotals as Stored,
  shownTotals,
  sumOf,
  type Totals,
  withChain,
} from "../../shared/protocol/totals/totals.ts";
import {
  decodeTotalsDocument,
  encodeTotals,
} from "../../shared/protocol/totals/totals-document.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { VideoTotals } from "./video-totals.ts";

const one = (name: string) => new Map([[name, 1]]);

/** What can happen to a video's totals, in the order in which it is stored. */
function next(totals: Stored, step: "like" | "react" | "comment" | "set", at: number): Stored {
  if (step === "set") return { ...totals, setAt: at, counts: new Map([["like", 3]]) };
  if (step !== "comment") return { ...totals, counts: sumOf(totals.counts, one(step)) };
  const { origin, counts } = totals.chain;
  const chain = { origin: origin === 0 ? at : origin, seq: at, counts: sumOf(counts, one(step)) };
  return withChain(totals, chain);
}

test("the totals that viewers see never fall unless they are set, and end at the newest, in whichever order they come", async () => {
  const step = fc.record({
    step: fc.constantFrom("like", "react", "comment", "set"),
    delay: fc.nat(5),
    way: fc.constantFrom("sent", "read", "lost"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const states: Stored[] = [];
      let toRead: Stored = NO_TOTALS;
      const shown: Totals[] = [];
      const totals = new VideoTotals(
        "launch",
        {
          reader: { read: async () => toRead, onDoubt: () => () => undefined },
          intervalMs: 0,
          newId: () => "t",
          random: Math.random,
          now: () => 0,
          wallClock: () => 1,
        },
        ({ bytes }: FanoutEvent) => {
          shown.push((decodeTrustedMsgpack(bytes) as { data: Totals }).data);
        },
      );
      const arrivals: { readonly at: number; readonly come: () => Promise<void> }[] = [];
      let state = NO_TOTALS;
      for (const [index, { step: what, delay, way }] of steps.entries()) {
        state = next(state, what, index + 1);
        const stored = state;
        states.push(stored);
        const come = async () => {
          if (way === "read") {
            toRead = stored;
            await totals.sync();
          } else if (way === "sent") {
            const sent = decodeTotalsDocument(encodeTotals(stored))?.totals ?? NO_TOTALS;
            totals.receive(sent);
            totals.receiveChain(stored.chain);
          }
        };
        arrivals.push({ at: index + delay, come });
      }
      for (const { come } of arrivals.toSorted((a, b) => a.at - b.at)) await come();
      toRead = state;
      await totals.sync();
      totals.stop();
      expect(totals.shown).toEqual(shownTotals(state));
      const sets = steps.filter(({ step: what }) => what === "set").length;
      for (const kind of ["react", "comment", ...(sets === 0 ? ["like"] : [])]) {
        const numbers = shown.map((data) => data[kind] ?? 0);
        if (kind !== "react" || sets === 0)
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
      expect(states.reduce(joinTotals, NO_TOTALS)).toEqual(state);
    }),
  );
});

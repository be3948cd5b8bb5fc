import fc from "fast-check";
import { expect, test } from "vitest";
import { type Poll, ShownPoll } from "./shown-poll.ts";

const poll = (votes: readonly number[], seq: number, changeable = false): Poll => ({
  question: "Who?",
  choices: ["Ada", "Bo", "Cy"],
  createdAt: 1,
  opensAt: 1,
  closesAt: 9,
  changeable,
  results: "live",
  closed: false,
  total: votes.reduce((sum, count) => sum + count, 0),
  votes,
  seq,
});

test("an own vote shows at once and never twice, and no number goes backwards, however late tallies are", () => {
  const step = fc.record({
    op: fc.constantFrom("other", "tally", "vote", "accept", "refuse", "reconnect"),
    choice: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const shown = new ShownPoll();
      const stored = [0, 0, 0];
      let seq = 1;
      shown.setTally(poll(stored, seq));
      let own: { readonly choice: number; isStored: boolean } | undefined;
      for (const { op, choice } of steps) {
        const before = shown.current?.votes ?? [];
        if (op === "other") stored[choice] = (stored[choice] ?? 0) + 1;
        if (op === "tally") {
          seq += 1;
          shown.setTally(poll([...stored], seq));
        }
        // The newest tally comes again.
        if (op === "reconnect") shown.setTally(poll([...stored], seq));
        if (op === "vote" && own === undefined) {
          own = { choice, isStored: false };
          shown.vote("own", choice);
          expect(shown.current).toMatchObject({ own: choice });
          expect(shown.current?.votes?.[choice]).toBe((before[choice] ?? 0) + 1);
        }
        if (op === "accept" && own?.isStored === false) {
          own.isStored = true;
          stored[own.choice] = (stored[own.choice] ?? 0) + 1;
          shown.accept("own");
        }
        const isRefusal = op === "refuse" && own?.isStored === false;
        if (isRefusal) {
          own = undefined;
          shown.refuse("own");
        }
        for (const [index, count] of (shown.current?.votes ?? []).entries()) {
          const pending = own?.isStored === false && own.choice === index ? 1 : 0;
          expect(count).toBeLessThanOrEqual((stored[index] ?? 0) + pending);
          if (!isRefusal) expect(count).toBeGreaterThanOrEqual(before[index] ?? 0);
        }
      }
      shown.setTally(poll([...stored], seq + 1));
      if (own?.isStored !== false) expect(shown.current?.votes).toEqual(stored);
    }),
  );
});

test("a changed vote moves at once, and the tally is shown as it is when it has the change for certain", () => {
  const shown = new ShownPoll();
  shown.setTally(poll([3, 1, 0], 1, true));
  shown.vote("first", 0);
  shown.accept("first");
  expect(shown.current).toMatchObject({ votes: [4, 1, 0], total: 5, own: 0 });
  shown.vote("second", 2);
  expect(shown.current).toMatchObject({ votes: [3, 1, 1], total: 5, own: 2 });
  shown.accept("second");
  // This tally was on its way.
  shown.setTally(poll([4, 1, 0], 2, true));
  expect(shown.current).toMatchObject({ votes: [3, 1, 1], total: 5, own: 2 });
  // Another viewer's vote goes from the third choice to the second.
  shown.setTally(poll([3, 2, 0], 3, true));
  expect(shown.current).toMatchObject({ votes: [3, 2, 0], total: 5, own: 2 });
});

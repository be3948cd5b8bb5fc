import fc from "fast-check";
import { expect, test } from "vitest";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { addTo, type ReadonlyTally, type Tally } from "../../shared/protocol/totals/totals.ts";
import { EventCounts } from "./event-counts.ts";

const bytes = new Uint8Array();

function event(kind: string, variant?: string): FanoutEvent {
  const like = { kind, deliveryClass: "transient", bytes } as const;
  return variant === undefined ? like : { ...like, variant };
}

function addAll(into: Tally, taken: ReadonlyTally | undefined): void {
  for (const [name, count] of taken ?? []) addTo(into, name, count);
}

const kinds = fc.array(fc.constantFrom("like", "react:a", "react:b"), { maxLength: 5 });
const step = fc.oneof(
  { weight: 4, arbitrary: kinds },
  fc.constant("totals" as const),
  fc.constant("slot" as const),
);

test("totals and timeline each take every event once, whenever they take", () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const counts = new EventCounts();
      const [added, inTotals, inTimeline] = [new Map(), new Map(), new Map()] as Tally[];
      const takeSlot = () => addAll(inTimeline as Tally, new Map(counts.closeSlot()).get("match"));
      for (const one of [...steps, "totals", "slot"] as const) {
        if (one === "totals") addAll(inTotals as Tally, counts.takeForTotals("match"));
        else if (one === "slot") takeSlot();
        else {
          const video = counts.of("match");
          video?.add(one.map((name) => event(...(name.split(":") as [string, string?]))));
          if (video !== undefined) video.isAnnounced = true;
          for (const name of one) addTo(added as Tally, name, 1);
          for (const name of one.filter((each) => each.includes(":"))) {
            addTo(added as Tally, name.slice(0, name.indexOf(":")), 1);
          }
        }
      }
      expect(inTotals).toEqual(added);
      const ofKinds = [...(added as Tally)].filter(([name]) => !name.includes(":"));
      expect(inTimeline).toEqual(new Map(ofKinds));
    }),
  );
});

test("durable events are in the timeline only: their totals are in the chain", () => {
  const counts = new EventCounts();
  counts.of("match")?.addDurable([event("comment"), event("comment")]);
  expect(counts.takeForTotals("match")).toEqual(new Map());
  expect([...counts.closeSlot()]).toEqual([["match", new Map([["comment", 2]])]]);
  expect([...counts.closeSlot()]).toEqual([]);
});

import { describe, expect, test } from "vitest";
import type { RequestEvent } from "../../shared/protocol/events.ts";
import { mergedAnswer } from "./merged-answer.ts";

const input = (id: string, shadow: boolean): RequestEvent => ({ kind: "comment", id, shadow });
const ownOf = ({ id = "", shadow }: RequestEvent) => (shadow === true ? { id, seq: 7 } : undefined);

describe("an answer of which a part was accepted otherwise", () => {
  const inputs = [input("a", true), input("b", false), input("c", true), input("d", false)];

  test("has each event's id and seq in its place", () => {
    const rest = { accepted: ["b", "d"], seqs: [3, 4] };
    expect(mergedAnswer(inputs, rest, ownOf, true)).toEqual({
      accepted: ["a", "b", "c", "d"],
      seqs: [7, 3, 7, 4],
    });
  });

  test("names the refused ones by their places in the request", () => {
    const refused = [{ code: "poll_closed", message: "…", index: 1 }] as const;
    const rest = { accepted: ["b", null], refused };
    expect(mergedAnswer(inputs, rest, ownOf, false)).toEqual({
      accepted: ["a", "b", "c", null],
      refused: [{ code: "poll_closed", message: "…", index: 3 }],
    });
  });
});

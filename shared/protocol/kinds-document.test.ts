/** What a document of kinds may hold, and that everything wrong with one is named. */
import { describe, expect, test } from "vitest";
import { decodeKinds, documentOf, encodeKinds, faultText, parseKinds } from "./kinds-document.ts";

/** @throws when the document is refused */
function kindsOf(document: unknown) {
  const parsed = parseKinds(document);
  if ("faults" in parsed) throw new Error(parsed.faults.map(faultText).join("\n"));
  return parsed.kinds;
}

function faultsOf(document: unknown): readonly string[] {
  const parsed = parseKinds(document);
  return "faults" in parsed ? parsed.faults.map(faultText) : [];
}

describe("a document of kinds", () => {
  test("names each kind with its class, and what else is known of it", () => {
    const document = {
      kinds: {
        like: "transient",
        react: { class: "transient", variants: ["🔥", "👏"] },
        score: { class: "state", schema: { type: "object" } },
        story: { class: "durable", review: true },
      },
    };
    const kinds = kindsOf(document);
    expect(kinds).toEqual([
      { name: "like", deliveryClass: "transient" },
      { name: "react", deliveryClass: "transient", variants: ["🔥", "👏"] },
      { name: "score", deliveryClass: "state", schema: { type: "object" } },
      { name: "story", deliveryClass: "durable", review: true },
    ]);
    expect(documentOf(kinds)).toEqual(document);
    expect(decodeKinds(encodeKinds(kinds))).toEqual({ kinds });
  });

  test("is refused with all of its faults at once, each with its place", () => {
    const faults = faultsOf({
      kinds: {
        Like: "transient",
        viewers: "latest",
        gift: "lasting",
        wave: { class: "latest", variants: "any" },
        present: { class: "durable", variants: ["rose"] },
        react: { class: "transient", variants: ["", "a", "a", "e\u0301", "x".repeat(33)] },
        boo: { class: "transient", retain: 5 },
        hush: { class: "transient", review: true },
        far: { class: "durable", schema: { $ref: "http://127.0.0.1/schema" } },
        bad: { class: "durable", schema: { type: "text" } },
        back: { class: "durable", schema: { type: "string", pattern: "(a)\\1" } },
      },
    });
    expect(faults).toEqual([
      expect.stringMatching(/^kinds\.Like: must have a name that matches /),
      "kinds.viewers: is built in",
      "kinds.gift.class: must be one of transient, durable, latest, state, vote",
      "kinds.wave.variants: is for kinds of class transient only",
      "kinds.present.variants: is for kinds of class transient only",
      "kinds.react.variants[0]: empty, or has control characters",
      "kinds.react.variants[2]: is listed twice",
      "kinds.react.variants[3]: not in Unicode's form NFC",
      "kinds.react.variants[4]: 33 bytes as UTF-8; the limit is 32",
      "kinds.boo: has retain, which no kind has",
      "kinds.hush.review: is for kinds of class durable only",
      "kinds.far.schema: has a $ref other than to one of its own $defs (#/$defs/…)",
      expect.stringMatching(/^kinds\.bad\.schema: is not a schema that can be used: /),
      expect.stringMatching(/^kinds\.back\.schema: is not a schema that can be used: /),
    ]);
  });

  test.each([
    [undefined, /^the document must be a map/],
    [[], /^the document must be a map/],
    [{}, /^kinds: must be a map/],
    [{ kinds: {}, more: 1 }, /^the document must be a map with kinds, and nothing else/],
    [{ kinds: { like: 5 } }, /^kinds\.like: must be a class/],
    [
      { kinds: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`k${n}`, "latest"])) },
      /^kinds: has 33 kinds; the limit is 32/,
    ],
    [
      { kinds: { big: { class: "latest", schema: { description: "x".repeat(20_000) } } } },
      /^kinds\.big\.schema: is \d+ bytes as JSON; the limit is 16384/,
    ],
  ])("%# that is something else is refused", (document, expected) => {
    expect(faultsOf(document)).toEqual([expect.stringMatching(expected)]);
  });
});

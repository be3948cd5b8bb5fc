import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTraceContext, traceparentOf } from "./trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
    .map((digits) => digits.join(""))
    .filter((text) => /[^0]/.test(text));

test("a trace context comes back from its header unchanged", () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, isSampled) => {
      const context = { traceId, spanId, isSampled, state: "" };
      expect(parseTraceContext(traceparentOf(context))).toEqual(context);
    }),
  );
});

test("no text makes it throw, and only valid text makes a context", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (traceparent, tracestate) => {
      expect(parseTraceContext(traceparent, tracestate)).toBeUndefined();
      expect(parseTraceContext(`00-${TRACE}-${SPAN}-01`, tracestate)?.state).toBeDefined();
    }),
  );
});

describe("the header traceparent", () => {
  test.each([
    ["00", false],
    ["01", true],
    ["02", false],
    ["03", true],
  ])("with flags %s is sampled by the caller: %s", (flags, isSampled) => {
    expect(parseTraceContext(`00-${TRACE}-${SPAN}-${flags}`)).toMatchObject({ isSampled });
  });

  test("knows only the first flag: the others are not passed on", () => {
    const context = parseTraceContext(`00-${TRACE}-${SPAN}-ff`);
    expect(context === undefined ? "" : traceparentOf(context)).toBe(`00-${TRACE}-${SPAN}-01`);
  });

  test.each([`cc-${TRACE}-${SPAN}-01`, `cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`])(
    "of a later version is parsed as far as it is known: %s",
    (text) => {
      expect(parseTraceContext(text)).toMatchObject({ traceId: TRACE, spanId: SPAN });
    },
  );

  test.each([
    "",
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-`,
    `00-${TRACE}-${SPAN}-01.`,
    `cc-${TRACE}-${SPAN}-01.what-the-future-will-not-be-like`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    ` 00-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01-${"x".repeat(256)}`,
  ])("is refused when it is %j", (text) => {
    expect(parseTraceContext(text)).toBeUndefined();
  });
});

describe("the header tracestate", () => {
  const stateOf = (text: string) => parseTraceContext(`00-${TRACE}-${SPAN}-01`, text)?.state;

  test.each([
    ["shop=1,other=b c", "shop=1,other=b c"],
    [" shop=1 ,\tother=2,,", "shop=1,other=2"],
    ["fw529a3039@dt=FfAA", "fw529a3039@dt=FfAA"],
    [Array.from({ length: 32 }, (_, n) => `k${n}=v`).join(","), undefined],
  ])("is passed on: %j", (text, passed = text) => {
    expect(stateOf(text)).toBe(passed);
  });

  test.each([
    "shop",
    "Shop=1",
    "shop=a=b",
    "shop=1\r\nother=2",
    "shop=é",
    Array.from({ length: 33 }, (_, n) => `k${n}=v`).join(","),
    `shop=${"x".repeat(256)},a=${"y".repeat(256)}`,
  ])("is left out entirely when it is %j, and the trace stays", (text) => {
    expect(stateOf(text)).toBe("");
  });
});

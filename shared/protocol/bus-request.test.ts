import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeEvent, encodeRequest, publishedAtOf } from "./bus-request.ts";
import { decodeUntrusted } from "./decode-untrusted.ts";
import {
  checkEvent,
  type EventInput,
  MAX_BATCH,
  parseBusRequest,
  parsePublishRequest,
  type RequestEvent,
} from "./events.ts";
import { KindTable } from "./kinds.ts";
import { type Encoding, encodeMsgpack } from "./wire/codec.ts";
import { requestSchemas } from "./wire/messages.ts";

const RULES = {
  kinds: new KindTable([
    { name: "like", deliveryClass: "transient" },
    { name: "comment", deliveryClass: "durable" },
  ]),
  dataLimitBytes: 512,
};
const LIKE = { kind: "like" };
const AT = 1_795_500_000_000.25;

function request(inputs: readonly RequestEvent[]): Buffer {
  return encodeRequest(
    inputs.map((input) => ({ input, bytes: encodeEvent(input) })),
    AT,
  );
}

function parsed(bytes: Buffer): RequestEvent[] {
  const value = decodeUntrusted("msgpack", bytes, "body_malformed", "the request");
  expect(publishedAtOf(value)).toBe(AT);
  return parseBusRequest(value, RULES, bytes.length, true);
}

describe("a request", () => {
  test.each([1, 2, 15, 16, 17, MAX_BATCH])("of %i events is read as it was written", (count) => {
    const events = Array.from({ length: count }, (_, n) => ({
      id: `e${n}`,
      kind: "comment",
      actor: "anna",
      data: { n },
      by: "actor:anna",
    }));
    expect(parsed(request(events))).toEqual(events);
  });

  test.each([undefined, null, 7, "x", [], [null], {}, { publishedAt: "7" }, { publishedAt: NaN }])(
    "%j has no time of its own",
    (value) => {
      expect(publishedAtOf(value)).toBeUndefined();
    },
  );
});

/** Keys that a decoder, an encoder or a check might take for something else. */
const KEYS = [
  ...["constructor", "toJSON", "prototype", "hasOwnProperty", "valueOf", "toString", "then"],
  ...["length", "buffer", "byteLength", "kind", "id", "by", "publishedAt", "a", "", "\u{1F600}"],
];
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("\ud800", "a\udfff", "x".repeat(31), "x".repeat(32), "x".repeat(256)),
);
const key = fc.oneof(fc.constantFrom(...KEYS), text);
const scalar = fc.oneof(
  text,
  fc.constantFrom(null, true, false, 0, -0, 2 ** 31, 2 ** 32, -(2 ** 31), -129, 2 ** 53 - 1),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(2 ** 53, 1e20, 1e308, 5e-324, 0.1),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(key, tie("value"), { maxKeys: 20, noNullPrototype: true }),
  ),
}));
/** Inside so many lists and maps. */
const nested = fc.tuple(value, fc.array(fc.boolean(), { maxLength: 18 })).map(([inner, levels]) => {
  let outer = inner;
  for (const isList of levels) outer = isList ? [outer] : { constructor: outer };
  return outer;
});
const given = fc.record(
  {
    kind: fc.constantFrom("like", "comment", "viewers", "boo"),
    actor: fc.oneof(text, fc.constant("anna"), fc.constant(null)),
    data: nested,
    id: fc.oneof(fc.constantFrom("c1", "", "~abc", "x".repeat(64), "x".repeat(65)), text),
  },
  { requiredKeys: ["kind"], noNullPrototype: true },
);

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** As a gateway takes it from a body, alone; undefined when it is refused. */
function overHttp(encoding: Encoding, bytes: Buffer): EventInput | undefined {
  return attempt(() => {
    const body = decodeUntrusted(encoding, bytes, "body_malformed", "the body");
    return parsePublishRequest(body, RULES, bytes.length)[0];
  });
}

/** As a gateway takes it from a WebSocket's message; undefined when it is refused. */
function overWebSocket(encoding: Encoding, event: object): EventInput | undefined {
  return attempt(() => {
    const { id: eventId, ...rest } = event as { readonly id?: unknown };
    const named = eventId === undefined ? {} : { eventId };
    const message = { op: "publish", id: 1, video: "launch", ...rest, ...named };
    const bytes = encodingOf(encoding, message);
    const decoded = decodeUntrusted(encoding, bytes, "message_malformed", "the message");
    const { kind, actor, data, eventId: id } = requestSchemas.publish.parse(decoded);
    const input = {
      kind,
      ...(actor === undefined ? {} : { actor }),
      ...(id === undefined ? {} : { id }),
      ...(data === undefined ? {} : { data }),
    };
    checkEvent(input, RULES, "", bytes.length);
    return input;
  });
}

function encodingOf(encoding: Encoding, message: object): Buffer {
  return encoding === "json" ? Buffer.from(JSON.stringify(message)) : encodeMsgpack(message);
}

test("what a gateway accepts alone, over any wire, a dispatcher accepts in a list, as it is", () => {
  let accepted = 0;
  fc.assert(
    fc.property(given, fc.constantFrom<Encoding>("json", "msgpack"), (event, encoding) => {
      const ways = [
        overHttp(encoding, encodingOf(encoding, event)),
        overWebSocket(encoding, event),
      ].filter((input) => input !== undefined);
      for (const input of ways) {
        accepted += 1;
        const by = { ...input, by: "actor:anna" };
        expect(parsed(request([input]))).toEqual([input]);
        expect(parsed(request([LIKE, input, LIKE, by]))).toEqual([LIKE, input, LIKE, by]);
      }
    }),
    { numRuns: 3_000 },
  );
  // Otherwise this showed nothing.
  expect(accepted).toBeGreaterThan(300);
});

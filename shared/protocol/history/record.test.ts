import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";
import { encodeUnplaced, writePlace } from "./durable-event.ts";
import { type AmendedRecord, decodeRecord, encodeRecord, type StoredRecord } from "./record.ts";

const seqs = fc.maxSafeNat();
const event = fc.record(
  {
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    kind: fc.stringMatching(/^[a-z][a-z0-9_-]{0,31}$/),
    seq: seqs,
    bytes: fc.uint8Array({ maxLength: 300 }),
    retracts: seqs,
  },
  { requiredKeys: ["id", "kind", "seq", "bytes"], noNullPrototype: true },
);
const parts = { prev: seqs, last: seqs, events: fc.array(event) };
const amended: fc.Arbitrary<AmendedRecord> = fc.record(
  { ...parts, sequence: seqs, after: seqs },
  { noNullPrototype: true },
);
const counts = fc
  .dictionary(fc.stringMatching(/^[a-z][a-z0-9_-]{0,31}$/), fc.maxSafeNat(), {
    noNullPrototype: true,
  })
  .map((numbers) => new Map(Object.entries(numbers)));
const storedRecord: fc.Arbitrary<StoredRecord> = fc.record(
  {
    ...parts,
    after: seqs,
    amended: fc.array(amended, { maxLength: 3 }),
    counts: fc.record({ origin: seqs, counts }, { noNullPrototype: true }),
  },
  { noNullPrototype: true },
);

describe("a record", () => {
  test("decodes to what was encoded, each event byte for byte", () => {
    fc.assert(
      fc.property(storedRecord, (record) => {
        const payload = encodeRecord(record);
        const read = decodeRecord(payload);
        expect(read).toEqual(record);
        expect(encodeRecord(read ?? record).equals(payload)).toBe(true);
      }),
    );
  });

  test("is not decoded from anything else", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => decodeRecord(bytes) === undefined));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => decodeRecord(encodeMsgpack(value)) === undefined),
    );
    const whole = [2, 0, [0, 5, [["comment", "a", 5, Buffer.alloc(3)]]], []];
    expect(decodeRecord(encodeMsgpack(whole))).toMatchObject({ last: 5, after: 0 });
    for (const broken of [
      [9, ...whole.slice(1)],
      [2, "0", ...whole.slice(2)],
      [2, 0, [0, 5]],
      [2, 0],
    ]) {
      expect(decodeRecord(encodeMsgpack(broken))).toBeUndefined();
    }
  });

  test("that was truncated is refused", () => {
    fc.assert(
      fc.property(storedRecord, fc.double({ min: 0, max: 0.999, noNaN: true }), (record, share) => {
        const payload = encodeRecord(record);
        const cut = payload.subarray(0, Math.floor(share * payload.length));
        expect(decodeRecord(cut)).toBeUndefined();
      }),
    );
  });
});

test("seq and prev can be written into an event's bytes repeatedly, and change nothing else", () => {
  const unplaced = fc.record(
    {
      id: fc.string({ minLength: 1, maxLength: 64 }),
      kind: fc.string({ minLength: 1, maxLength: 32 }),
      at: seqs,
      actor: fc.string({ minLength: 1, maxLength: 128 }),
      data: fc.jsonValue(),
    },
    { requiredKeys: ["id", "kind", "at"], noNullPrototype: true },
  );
  const places = fc.array(fc.tuple(seqs, seqs), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(unplaced, places, (event, written) => {
      const bytes = encodeUnplaced(event);
      for (const [seq, prev] of written) {
        writePlace(bytes, seq, prev);
        // Through msgpack, since JSON values such as -0 are not the subject here.
        const decoded = decodeTrustedMsgpack(bytes);
        const expected = decodeTrustedMsgpack(encodeMsgpack({ ...event, seq, prev }));
        expect(decoded).toEqual(expected);
      }
    }),
  );
});

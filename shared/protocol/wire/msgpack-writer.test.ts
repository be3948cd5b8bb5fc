import { expect, test } from "vitest";
import { encodeMsgpack } from "./codec.ts";
import { binarySize, FLOAT_SIZE, headSize, MsgpackWriter, textSize } from "./msgpack-writer.ts";

const LENGTHS = [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536];

test.each(LENGTHS)("text of %i characters is written as the encoder writes it", (length) => {
  for (const text of ["a".repeat(length), "é".repeat(length), "🎉".repeat(length)]) {
    const writer = new MsgpackWriter(textSize(Buffer.byteLength(text)));
    writer.text(text);
    expect(writer.bytes.equals(encodeMsgpack(text))).toBe(true);
  }
});

test.each(LENGTHS)("%i bytes are written as the encoder writes them", (length) => {
  const bytes = Buffer.alloc(length, 7);
  const writer = new MsgpackWriter(binarySize(length));
  writer.binary(bytes);
  expect(writer.bytes.equals(encodeMsgpack(bytes))).toBe(true);
});

test.each(LENGTHS)("a list of %i values is written as the encoder writes it", (length) => {
  const writer = new MsgpackWriter(headSize(length) + length);
  writer.list(length);
  for (let index = 0; index < length; index += 1) {
    if (index % 2 === 0) writer.nil();
    else writer.small(index % 128);
  }
  const list = Array.from({ length }, (_, index) => (index % 2 === 0 ? null : index % 128));
  expect(writer.bytes.equals(encodeMsgpack(list))).toBe(true);
});

test("a map and a fraction are written as the encoder writes them", () => {
  const writer = new MsgpackWriter(1 + textSize(2) + FLOAT_SIZE);
  writer.smallMap(1);
  writer.text("at");
  writer.float(0.1);
  expect(writer.bytes.equals(encodeMsgpack({ at: 0.1 }))).toBe(true);
});

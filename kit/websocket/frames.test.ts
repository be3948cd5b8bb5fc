import { describe, expect, test } from "vitest";
import { clientFrame, FrameStream, OPCODE, readFrames } from "./frames.ts";

/** A server's frame, which is not masked. */
function serverFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.of(0x80 | opcode, length), payload]);
  if (length < 65_536) {
    return Buffer.concat([Buffer.of(0x80 | opcode, 126, length >> 8, length & 0xff), payload]);
  }
  const header = Buffer.alloc(10);
  header[0] = 0x80 | opcode;
  header[1] = 127;
  header.writeUInt32BE(length, 6);
  return Buffer.concat([header, payload]);
}

const payloads = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000].map((length) =>
  Buffer.alloc(length, length & 0xff),
);
const wire = Buffer.concat(payloads.map((payload) => serverFrame(OPCODE.binary, payload)));

function collector() {
  const seen: Buffer[] = [];
  const onFrame = (opcode: number, bytes: Buffer, start: number, end: number) => {
    expect(opcode).toBe(OPCODE.binary);
    seen.push(Buffer.from(bytes.subarray(start, end)));
  };
  return { seen, onFrame };
}

describe("server frames", () => {
  test("of every length encoding are read", () => {
    const { seen, onFrame } = collector();
    expect(readFrames(wire, 0, wire.length, onFrame)).toBe(wire.length);
    expect(seen).toEqual(payloads);
  });

  test.each([3, 7, 126, 4_099, 65_537])("are reassembled from reads of %i bytes", (size) => {
    const { seen, onFrame } = collector();
    const stream = new FrameStream();
    const shared = Buffer.alloc(size);
    for (let at = 0; at < wire.length; at += size) {
      const length = wire.copy(shared, 0, at, at + size);
      stream.push(shared.subarray(0, length), onFrame);
    }
    expect(seen).toEqual(payloads);
  });

  test.each([5, 1_000, 65_000])("are reassembled in a shared buffer, %i bytes a read", (size) => {
    const { seen, onFrame } = collector();
    const stream = new FrameStream();
    const shared = Buffer.alloc(140_000);
    for (let at = 0; at < wire.length; at += size) {
      const kept = stream.restore(shared);
      const length = wire.copy(shared, kept, at, Math.min(wire.length, at + size));
      stream.take(shared, kept + length, onFrame);
      shared.fill(0xee);
    }
    expect(seen).toEqual(payloads);
  });

  test("that are fragmented or masked are rejected", () => {
    const read = (...bytes: number[]) =>
      readFrames(Buffer.from(bytes), 0, bytes.length, () => undefined);
    expect(() => read(0x02, 1, 7)).toThrow("fragmented");
    expect(() => read(0xc2, 1, 7)).toThrow("fragmented");
    expect(() => read(0x82, 0x81, 0, 0, 0, 0, 7)).toThrow("masked");
  });
});

test.each([0, 125, 126, 65_535, 65_536])("a client's frame of %i bytes is masked", (length) => {
  const frame = clientFrame(OPCODE.text, Buffer.alloc(length, 65));
  expect(frame[0]).toBe(0x81);
  expect((frame[1] ?? 0) & 0x80).toBe(0x80);
  // Without its mask it equals a server's frame.
  const maskAt = frame.length - length - 4;
  const unmasked = Buffer.concat([frame.subarray(0, maskAt), frame.subarray(maskAt + 4)]);
  unmasked[1] = (unmasked[1] ?? 0) & 0x7f;
  expect(unmasked).toEqual(serverFrame(OPCODE.text, Buffer.alloc(length, 65)));
});

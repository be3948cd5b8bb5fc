import { expect, test } from "vitest";
import { WireReader } from "./wire-reader.ts";

const WIRE = Buffer.from(
  'INFO {"server_id":"M"}\r\nPONG\r\nMSG ov.frontend.g.v 2 5\r\nab\r\nc\r\nPING\r\nMSG _INBOX.g 1 reply 0\r\n\r\n',
);

test.each([1, 3, 1_000])("messages are reassembled from reads of %i bytes", (size) => {
  const read: string[] = [];
  const reader = new WireReader({
    onMessage: (subscription, payload) => read.push(`${subscription} ${payload.toString()}`),
    onPing: () => read.push("ping"),
    onPong: () => read.push("pong"),
  });
  for (let at = 0; at < WIRE.length; at += size) reader.push(WIRE.subarray(at, at + size));
  expect(read).toEqual(["pong", "2 ab\r\nc", "ping", "1 "]);
});

test("an error from the server is thrown", () => {
  const nothing = () => undefined;
  const reader = new WireReader({ onMessage: nothing, onPing: nothing, onPong: nothing });
  expect(() => reader.push(Buffer.from("-ERR 'Authorization Violation'\r\n"))).toThrow(
    "Authorization Violation",
  );
});

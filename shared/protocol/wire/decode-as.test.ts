import { describe, expect, test } from "vitest";
import { decodeStatement } from "../common-settings.ts";
import { decodeControlAnswer, decodeControlRequest } from "../control.ts";
import { decodeInspectionPage, decodeInspectionRequest } from "../inspection.ts";

const DECODERS = {
  decodeStatement,
  decodeControlRequest,
  decodeControlAnswer,
  decodeInspectionRequest,
  decodeInspectionPage,
};

describe.each(Object.entries(DECODERS))("%s returns undefined for", (_name, decodeMessage) => {
  test.each([
    ["no bytes", new Uint8Array()],
    ["bytes that aren't MessagePack", new Uint8Array([0xc1])],
    ["a binary value", new Uint8Array([0x81, 0xa1, 0x61, 0xc4, 0x01, 0x01])],
    ["a key that isn't text", new Uint8Array([0x81, 0x01, 0x01])],
    ["text that isn't UTF-8", new Uint8Array([0x81, 0xa1, 0xff, 0x01])],
    ["another shape", new Uint8Array([0x91, 0x01])],
  ])("%s", (_what, bytes) => {
    expect(decodeMessage(bytes)).toBeUndefined();
  });
});

import { expect, test } from "vitest";
import {
  commonSettingsOf,
  decodeStatement,
  differenceOf,
  encodeStatement,
} from "./common-settings.ts";

const settings = (dataLimitBytes = 4_096, leaseMs = 10_000) =>
  commonSettingsOf({ dataLimitBytes, leaseMs, countActors: false, partitions: 64 });

test("a difference is named from both sides", () => {
  expect(differenceOf(settings(), settings())).toBe("");
  expect(differenceOf(settings(), settings(512, 5_000))).toBe(
    "data-limit-bytes: 4096, there 512; lease-ms: 10000, there 5000",
  );
  expect(differenceOf(settings(512), settings())).toBe("data-limit-bytes: 512, there 4096");
});

test("a setting that another version doesn't state is not a difference", () => {
  expect(differenceOf(settings(), { "lease-ms": "10000", "of-later": "1" })).toBe("");
});

test("a dispatcher's statement decodes to what was encoded, and nothing else does", () => {
  const statement = { dispatcher: "d1", settings: settings(), kinds: 3 };
  expect(decodeStatement(encodeStatement(statement))).toEqual(statement);
  for (const bytes of [Buffer.from("{}"), Buffer.from([0xc1]), Buffer.from([0x80])]) {
    expect(decodeStatement(bytes)).toBeUndefined();
  }
});

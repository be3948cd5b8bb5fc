import { expect, test } from "vitest";
import {
  commonSettingsOf,
  decodeStatement,
  differenceOf,
  encodeStatement,
} from "./common-settings.ts";
import type { Kind } from "./kinds.ts";

const like: Kind = { name: "like", deliveryClass: "transient" };
const comment: Kind = { name: "comment", deliveryClass: "durable" };
const settings = (kinds: readonly Kind[], leaseMs = 10_000) =>
  commonSettingsOf({ kinds, dataLimitBytes: 4_096, leaseMs, countActors: false });

test("settings are the same whatever the order of the kinds", () => {
  expect(differenceOf(settings([like, comment]), settings([comment, like]))).toBe("");
});

test("a difference is named from both sides", () => {
  const other = settings([{ ...comment, deliveryClass: "transient" }], 5_000);
  expect(differenceOf(settings([like, comment]), other)).toBe(
    "kinds: only here comment:durable,like:transient, only there comment:transient; lease-ms: 10000, there 5000",
  );
  expect(differenceOf(settings([like]), settings([like, comment]))).toBe(
    "kinds: only there comment:durable",
  );
});

test("a setting that another version doesn't state is not a difference", () => {
  const { kinds = "" } = settings([like]);
  expect(differenceOf(settings([like]), { kinds, "of-later": "1" })).toBe("");
});

test("a dispatcher's statement decodes to what was encoded, and nothing else does", () => {
  const statement = { dispatcher: "d1", settings: settings([like]) };
  expect(decodeStatement(encodeStatement(statement))).toEqual(statement);
  for (const bytes of [Buffer.from("{}"), Buffer.from([0xc1]), Buffer.from([0x80])]) {
    expect(decodeStatement(bytes)).toBeUndefined();
  }
});

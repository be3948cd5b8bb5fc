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
  commonSettingsOf({ kinds, dataLimitBytes: 4_096, leaseMs });

test("settings are the same in whatever order the kinds were given", () => {
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

test("what another version does not tell is no difference", () => {
  const { kinds = "" } = settings([like]);
  expect(differenceOf(settings([like]), { kinds, "of-later": "1" })).toBe("");
});

test("a dispatcher's statement is read as it was written, and nothing else is one", () => {
  const statement = { dispatcher: "d1", settings: settings([like]) };
  expect(decodeStatement(encodeStatement(statement))).toEqual(statement);
  for (const bytes of [Buffer.from("{}"), Buffer.from([0xc1]), Buffer.from([0x80])]) {
    expect(decodeStatement(bytes)).toBeUndefined();
  }
});

import { beforeEach, describe, expect, test } from "vitest";
import { Leases } from "./leases.ts";

const LEASE_MS = 10_000;
let now = 0;
let leases: Leases;

beforeEach(() => {
  now = 1_000_000;
  leases = new Leases(LEASE_MS, () => now);
});

describe("a lease", () => {
  test("holds for its full time after a sign of life, and no longer", () => {
    leases.renew("g1", "1");
    now += LEASE_MS;
    expect(leases.expired()).toEqual([]);
    now += 1;
    expect(leases.expired()).toEqual(["g1"]);
  });

  test("is prolonged by a new sign", () => {
    leases.renew("g1", "1");
    now += LEASE_MS;
    leases.renew("g1", "2");
    now += LEASE_MS;
    expect(leases.expired()).toEqual([]);
    expect(leases.sign("g1")).toBe("2");
  });

  test("is not prolonged by the same sign again, such as from a full read of the table", () => {
    leases.renew("g1", "1");
    now += LEASE_MS;
    leases.renew("g1", "1");
    now += 1;
    expect(leases.expired()).toEqual(["g1"]);
  });

  test("that expired is renewed by a new sign", () => {
    leases.renew("g1", "1");
    now += 2 * LEASE_MS;
    leases.renew("g1", "2");
    expect(leases.expired()).toEqual([]);
  });

  test("expires for each gateway separately", () => {
    leases.renew("g1", "1");
    now += LEASE_MS;
    leases.renew("g2", "1");
    now += 1;
    expect(leases.expired()).toEqual(["g1"]);
    expect(leases.oldestAgeMs()).toBe(LEASE_MS + 1);
  });
});

describe("a gateway known by its rows only", () => {
  test("has one lease time to show a sign of life", () => {
    leases.expect("g1");
    expect(leases.sign("g1")).toBe("");
    now += LEASE_MS;
    expect(leases.expired()).toEqual([]);
    now += 1;
    expect(leases.expired()).toEqual(["g1"]);
  });

  test("gains no time from further rows", () => {
    leases.expect("g1");
    now += LEASE_MS + 1;
    leases.expect("g1");
    expect(leases.expired()).toEqual(["g1"]);
  });

  test("keeps its sign and its time when a row comes after a sign", () => {
    leases.renew("g1", "1");
    now += LEASE_MS + 1;
    leases.expect("g1");
    expect(leases.sign("g1")).toBe("1");
    expect(leases.expired()).toEqual(["g1"]);
  });
});

test("after an outage every lease has its full time again", () => {
  leases.renew("g1", "1");
  leases.expect("g2");
  now += 5 * LEASE_MS;
  leases.restartClocks();
  expect(leases.expired()).toEqual([]);
  expect(leases.oldestAgeMs()).toBe(0);
  now += LEASE_MS + 1;
  expect(leases.expired().toSorted()).toEqual(["g1", "g2"]);
});

test("a gateway that was forgotten is neither counted nor expired", () => {
  leases.renew("g1", "1");
  leases.renew("g2", "1");
  leases.forget("g1");
  now += LEASE_MS + 1;
  expect(leases.expired()).toEqual(["g2"]);
  expect(leases.count).toBe(1);
  expect([...leases.gateways()]).toEqual(["g2"]);
  expect(leases.sign("g1")).toBe("");
});

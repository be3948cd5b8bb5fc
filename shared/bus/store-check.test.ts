import { expect, test } from "vitest";
import { serverFault, serverWarning, shortcomings } from "./store-check.ts";

test.each(["2.8.4", "v2.8.0", "1.4.1"])("nats-server %s is refused, by its version", (version) => {
  expect(serverFault(version)).toBe(
    `nats-server ${version} is too old: allow_direct needs 2.9 or later`,
  );
});

test.each(["2.9.10", "2.12.15", "2.10.0-beta.1", "3.0.0", "unknown"])(
  "nats-server %s is accepted",
  (version) => expect(serverFault(version)).toBeUndefined(),
);

test.each(["2.9.0", "2.9.10", "v2.9.14"])(
  "nats-server %s gets a warning that names the version to use",
  (version) => {
    expect(serverWarning(version)).toContain("use 2.9.15 or later");
  },
);

test.each(["2.9.15", "2.9.25", "2.10.0", "2.12.15", "3.0.0", "unknown"])(
  "nats-server %s gets no warning",
  (version) => expect(serverWarning(version)).toBeUndefined(),
);

test("settings that keep less than required are named, those that keep more are not", () => {
  const required = { num_replicas: 3, max_age: 100, max_bytes: 1_000, storage: "file" } as const;
  expect(shortcomings(required, required)).toEqual([]);
  const more = { ...required, num_replicas: 5, max_age: 0, max_bytes: -1 };
  expect(shortcomings(more, required)).toEqual([]);
  const less = { ...required, num_replicas: 1, max_age: 99, storage: "memory" } as const;
  expect(shortcomings(less, required)).toEqual([
    "num_replicas is 1, and must be 3",
    "max_age is 99, and must be 100",
    'storage is "memory", and must be "file"',
  ]);
});

test("a setting that an old server omits is named", () => {
  expect(shortcomings({}, { allow_direct: true })).toEqual([
    "allow_direct is unset, and must be true",
  ]);
});

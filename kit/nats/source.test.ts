import { describe, expect, test } from "vitest";
import { isNewEnough, readNatsBinary } from "./source.ts";

describe("versions of nats-server", () => {
  test.each(["2.9.0", "2.9.10", "2.10.0", "2.12.15", "3.0.0", "2.14.0-RC.1"])(
    "%s is new enough",
    (v) => {
      expect(isNewEnough(v)).toBe(true);
    },
  );

  test.each(["2.8.4", "1.9.9", "0.10.0", "nonsense"])("%s is too old or unreadable", (v) => {
    expect(isNewEnough(v)).toBe(false);
  });

  test("a program other than nats-server is not mistaken for one", async () => {
    expect(await readNatsBinary(process.execPath)).toBeUndefined();
    expect(await readNatsBinary("/nowhere/at-all")).toBeUndefined();
  });
});

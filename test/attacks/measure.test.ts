/** The measure itself: it must see harm, and none where there is none. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenBounds, expectUnharmed, measure } from "./support/measure.ts";
import { ACCESSES, startTarget, type Target } from "./support/target.ts";

describe.each(ACCESSES)("the measure (%s)", (access) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget(access);
  });
  afterAll(async () => await target.stop());

  test("a gateway without an attack is within the bounds", async () => {
    const { attacked } = await expectUnharmed("nothing", target, async () => {});
    expect(attacked.count).toBeGreaterThan(0);
  });

  test("a gateway that is halted is not", async () => {
    const { child } = target.gateway;
    const measured = await measure(target, async (signal) => {
      child.kill("SIGSTOP");
      await once(signal, "abort");
      child.kill("SIGCONT");
    });
    expect(brokenBounds(measured).join()).toContain("p99");
  });
});

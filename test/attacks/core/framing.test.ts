/** Request smuggling (RFC 9112 section 11.2): no gateway carries out what could be read differently. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { RawSocket } from "../../support/raw.ts";
import { AMBIGUOUS, carriedOut, expectRefusedForGood, smuggled } from "../support/framing.ts";
import { ACCESSES, startTarget, type Target } from "../support/target.ts";

let targets: readonly Target[] = [];
beforeAll(async () => {
  targets = await Promise.all(ACCESSES.map(async (access) => await startTarget(access)));
});
afterAll(async () => {
  await Promise.all(targets.map(async (target) => await target.stop()));
});

test("an ambiguous request is refused and the connection closed, whatever follows", async () => {
  for (const target of targets) {
    await Promise.all(AMBIGUOUS.map(async (one) => await expectRefusedForGood(target, one)));
    expect(await carriedOut(target)).toEqual([]);
    // What followed them is carried out where it is a request.
    const socket = await RawSocket.open(target.port);
    socket.write(smuggled(await target.token()));
    expect((await socket.response()).status).toBe(200);
    expect(await carriedOut(target)).toHaveLength(1);
    socket.destroy();
  }
});

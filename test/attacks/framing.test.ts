/**
 * Framing beyond the table of the core: heads that uWebSockets.js itself takes, and a fuzz beside a
 * strict parser. The seed is printed and OVATION_TEST_SEED repeats it; OVATION_TEST_ROUNDS makes it
 * longer.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, RawSocket } from "../support/raw.ts";
import { rounds } from "../support/rounds.ts";
import { carriedOut, expectRefusedForGood, MALFORMED } from "./support/framing.ts";
import { FramingFuzz } from "./support/framing-fuzz.ts";
import { StrictParser } from "./support/strict-parser.ts";
import { ACCESSES, startTarget, type Target } from "./support/target.ts";

const ROUNDS = rounds(800);
const AT_ONCE = 10;

describe.each(ACCESSES)("at a gateway (%s)", (access) => {
  let target: Target;
  beforeAll(async () => {
    // The fuzz publishes more than a viewer may.
    const roomy = ["--http-publishes-per-second=10000", "--likes-per-second=10000"];
    target = await startTarget(access, roomy);
  });
  afterAll(async () => await target?.stop());

  test("a malformed head is never carried out, nor what follows it", async () => {
    await Promise.all(MALFORMED.map(async (one) => await expectRefusedForGood(target, one)));
    expect(await carriedOut(target)).toEqual([]);
  });

  test("whatever is carried out, a strict parser reads the same", {
    timeout: 300_000,
  }, async () => {
    const parser = await StrictParser.start();
    const token = await target.token();
    const fuzz = new FramingFuzz(`framing (${access})`, token);
    for (let round = 0; round < ROUNDS; round += AT_ONCE) {
      const attacks = Array.from({ length: AT_ONCE }, () => fuzz.next());
      await Promise.all(
        attacks.map(async (writes) => {
          await Promise.all([give(target.port, writes), give(parser.port, writes)]);
        }),
      );
    }
    const done = new Set(await carriedOut(target));
    expect(
      [...done].filter((id) => !parser.ids.has(id)).map((id) => JSON.stringify(fuzz.bytesOf(id))),
    ).toEqual([]);
    // Otherwise, the fuzz would only have produced rubbish.
    expect(done.size).toBeGreaterThan(ROUNDS / 10);
    await parser.stop();
  });
});

/** Sends it, and resolves when all of it was read. */
async function give(port: number, writes: readonly string[]): Promise<void> {
  const socket = await RawSocket.open(port);
  for (const bytes of writes) {
    socket.write(bytes);
    // By the time another request is answered, this one has been read.
    await ask(port, { path: "/v1/ping" });
  }
  socket.destroy();
}

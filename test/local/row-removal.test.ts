/** A viewer that comes just as the last one of its video leaves. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { TombstoneReaper } from "../../shared/bus/tombstone-reaper.ts";
import { TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ dispatchers: 2, gateway: { lingerMs: 0 } });
});
afterEach(() => void vi.restoreAllMocks());
afterAll(async () => await stack?.stop());

test("its subscribe is answered when dispatchers know of it again, so it sees what it publishes then", async () => {
  const { port } = stack.gateway;
  const leaving = await TestSocket.connect(port);
  await leaving.ask("subscribe", { video: "busy" });

  const removing = Promise.withResolvers<void>();
  const removed = Promise.withResolvers<void>();
  const { remove } = TombstoneReaper.prototype;
  vi.spyOn(TombstoneReaper.prototype, "remove").mockImplementationOnce(async function (
    this: TombstoneReaper,
    key: string,
  ) {
    removing.resolve();
    await remove.call(this, key);
    await removed.promise;
  });
  await leaving.ask("unsubscribe", { video: "busy" });
  await removing.promise;

  const coming = await TestSocket.connect(port);
  let isAnswered = false;
  const subscribed = coming.ask("subscribe", { video: "busy" }).finally(() => {
    isAnswered = true;
  });
  // It takes the same steps, and begins them later.
  await coming.ask("subscribe", { video: "quiet" });
  expect(isAnswered).toBe(false);
  removed.resolve();
  expect(await subscribed).toMatchObject({ op: "result" });

  expect(
    await coming.ask("publish", { video: "busy", kind: "like", eventId: "own" }),
  ).toMatchObject({ op: "result" });
  await coming.until(() => coming.of("busy", "like").some(({ id }) => id === "own"));
});

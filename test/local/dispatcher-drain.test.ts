/** What publishers can rely on when an operator stops one of several dispatchers. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo } from "../support/nats-users.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { metric, TestStack } from "../support/stack.ts";
import { watch } from "../support/viewer.ts";

const PUBLISHES = 20_000;
const AT_ONCE = 200;

let stack: TestStack;
let stopped: RoleProcess;

beforeEach(async () => {
  stack = await TestStack.start({ gateways: 1, dispatchers: 1 });
  stopped = await spawnRole("dispatcher", stack.nats.url);
});
afterEach(async () => {
  await stopped.kill9();
  await stack.stop();
});

test("a dispatcher that is stopped during publishes loses none: each is answered, and each arrives", async () => {
  const viewer = await watch("msgpack", stack.gateway.port, "launch");
  await stack.mirrored("launch", 1);
  await eventually(async () => (await metric(stopped, "ovation_dispatcher_table_rows")) === 1);
  const publisher = await connectTo(stack.nats.url, "publisher");
  let sent = 0;
  let accepted = 0;
  let exit: Promise<number | null> | undefined;
  const like = encodeMsgpack({ kind: "like" });
  const lane = async () => {
    while (sent < PUBLISHES) {
      sent += 1;
      if (sent === PUBLISHES / 4) exit = stopped.stop();
      const { data } = await publisher.request(publishSubject("launch"), like, { timeout: 20_000 });
      expect(decodeTrustedMsgpack(data)).toEqual({ accepted: [expect.any(String)] });
      accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  expect(await exit).toBe(0);
  expect(accepted).toBe(sent);
  // The counts are exact, however many events a frame can show.
  await viewer.until(() => viewer.total("launch", "like") >= sent);
  expect(viewer.total("launch", "like")).toBe(sent);
  await Promise.all([publisher.close(), viewer.close()]);
});

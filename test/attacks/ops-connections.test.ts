/** The port of health and metrics takes no more than its part of the process's open files. */
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";

const LIMIT = 100;
const TRIED = 3 * LIMIT;

let stack: TestStack;
const open: Socket[] = [];
beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await stack?.stop();
});

test("beyond a hundred connections, further ones are closed at once", async () => {
  for (let n = 0; n < TRIED; n += 1) {
    const socket = connect(stack.gateway.opsPort, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    open.push(socket);
  }
  const closed = () => open.filter(({ destroyed }) => destroyed).length;
  await expect.poll(closed, { timeout: 30_000 }).toBe(TRIED - LIMIT);
  const viewer = await TestSocket.connect(stack.gateway.port);
  expect(await viewer.ask("ping")).toMatchObject({ op: "result" });
  await viewer.close();
});

/** What takes longer than the idle timeout of uWebSockets.js, and is no idle connection. */
import { expect, test } from "vitest";
import { RawSocket } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";
import { testListener } from "../support/test-listener.ts";

/** The addon closes an idle connection after 8 to 12 seconds. */
const IDLE_MS = 13_000;

const beyondIdle = () => new Promise<void>((resolve) => setTimeout(resolve, IDLE_MS));

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

test.concurrent("an answer of the listener may take longer", async () => {
  const listener = testListener({
    onRequest: (exchange) => {
      exchange.hold();
      void beyondIdle().then(() => exchange.respond(200, {}, "at last"));
    },
  });
  const socket = await RawSocket.open(await listener.start());
  socket.write(get("/slow"));
  expect((await socket.response()).bytes.toString()).toBe("at last");
  socket.destroy();
  listener.stop();
});

test.concurrent("a quiet event stream of a gateway stays open, however long it is quiet", async () => {
  const stack = await TestStack.start({ gateway: { sseKeepaliveMs: 60_000 } });
  const { port } = stack.gateway;
  const socket = await RawSocket.open(port);
  socket.write(get("/v1/videos/quiet/events"));
  await socket.untilReceived('"op":"result"');
  await beyondIdle();
  await fetch(`http://127.0.0.1:${port}/v1/videos/quiet/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind: "comment", data: { text: "still there" } }),
  });
  await socket.untilReceived("still there");
  socket.destroy();
  await stack.stop();
});

/** One client begins as much as it can over many connections, beside a well-behaved viewer. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { text } from "../support/websocket-wire.ts";
import { closed, openWebSocket } from "./support/flood.ts";
import { expectUnharmed } from "./support/measure.ts";
import { ACCESSES, startTarget, type Target } from "./support/target.ts";

const CONNECTIONS = 20;
const MESSAGES = 600;

describe.each(ACCESSES)("others are served as before, and memory stays (%s)", (access) => {
  let target: Target;
  let token: string | undefined;
  beforeAll(async () => {
    target = await startTarget(access);
    token = await target.token({ sub: "mallory" });
  });
  afterAll(async () => await target?.stop());

  /** A connection that sends `connect`, and these subscribes without waiting for any answer. */
  async function burst(videos: readonly string[], signal: AbortSignal): Promise<void> {
    const requests = [
      { id: 1, op: "connect", token },
      ...videos.map((video, index) => ({ id: index + 2, op: "subscribe", video })),
    ];
    const bytes = Buffer.concat(requests.map((request) => text(JSON.stringify(request))));
    const socket = await openWebSocket(target.port);
    socket.resume();
    const end = () => void socket.destroy();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    if (socket.destroyed) return;
    socket.write(bytes);
    // The gateway closes what floods it; of the others, answers are waited for.
    const waited = Promise.withResolvers<void>();
    const timer = setTimeout(waited.resolve, 400);
    await Promise.race([closed(socket), waited.promise]);
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    end();
  }

  let made = 0;
  const madeUp = (count: number) =>
    Array.from({ length: count }, () => {
      made += 1;
      return `made-up-${made}`;
    });

  const attacks: Readonly<Record<string, () => readonly string[]>> = {
    "new videos, as many as a connection may watch": () => madeUp(100),
    "new videos, a few on each connection": () => madeUp(10),
    "600 subscribes to new videos on each connection": () => madeUp(MESSAGES),
    "600 subscribes to one video on each connection": () => Array(MESSAGES).fill("one"),
  };
  test.each(Object.entries(attacks))("%s, in a loop", async (what, videos) => {
    await expectUnharmed(what, target, async (signal) => {
      const client = async () => {
        while (!signal.aborted) await burst(videos(), signal);
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, client));
    });
  });
});

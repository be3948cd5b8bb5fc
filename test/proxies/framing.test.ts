/**
 * No proxy passes on a header with an empty name: a gateway would take what the proxy takes for a
 * body for the next request.
 */
import { once } from "node:events";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { availableProxies } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start();
});
afterAll(async () => await site?.stop());

const COMMENT = JSON.stringify({ kind: "comment", data: { text: "hidden" } });
const HIDDEN =
  "POST /v1/videos/hidden/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
  `Content-Length: ${COMMENT.length}\r\n\r\n${COMMENT}`;
const LENGTH = `Content-Length: ${HIDDEN.length}`;

/** After a name that is empty, uWebSockets.js sees no header, and no length either. */
const LENGTHS = [`: x\r\n${LENGTH}`, `:\r\n${LENGTH}`, `X: a\r\n: x\r\n${LENGTH}`];

/** Writes it, and resolves when there is an answer or the connection has ended. */
async function give(port: number, bytes: string): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  socket.write(bytes, "latin1");
  await Promise.race([once(socket, "data"), once(socket, "close")]);
  socket.destroy();
}

describe.each(availableProxies())("through $name", (kind) => {
  test("a body behind a header with an empty name is not carried out as a request", async () => {
    const proxy = await site.proxy(kind);
    for (const lines of LENGTHS) {
      await give(proxy.port, `GET /v1/ping HTTP/1.1\r\nHost: x\r\n${lines}\r\n\r\n${HIDDEN}`);
    }
    const url = `https://127.0.0.1:${proxy.port}/v1/videos/hidden/history`;
    // What a gateway read before this is stored before it.
    const control = await fetch(url.replace("history", "events"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ kind: "comment", data: { text: "control" } }),
    });
    expect(control.status).toBe(200);
    const { events } = (await (await fetch(url)).json()) as { events: { data: unknown }[] };
    const texts = events.map(({ data }) => data);
    expect(texts).not.toContainEqual({ text: "hidden" });
    expect(texts).toContainEqual({ text: "control" });
  });
});

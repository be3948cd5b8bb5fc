/** A quiet connection stays open through every proxy: keep-alives come in time. */
import { once } from "node:events";
import { get } from "node:https";
import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { Recorder } from "../support/recorder.ts";
import { availableProxies, type ProxyProcess } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

/** Three at the default interval take 24 s: longer than timeouts that cut a stream after 10 or 15 s. */
const KEEP_ALIVES = 3;

let site: Site;
beforeAll(async () => {
  site = await Site.start();
});
afterAll(async () => await site?.stop());

async function quietEventStream({ port }: ProxyProcess): Promise<string> {
  const request = get({
    host: "127.0.0.1",
    port,
    path: "/v1/videos/quiet/events",
    headers: { accept: "text/event-stream" },
    agent: false,
  });
  const [response] = await once(request, "response");
  const signs = new Recorder<"comment" | "end">();
  const parser = createParser({ onComment: () => signs.take("comment") });
  response.setEncoding("utf8").on("data", (text: string) => parser.feed(text));
  response.on("error", () => undefined).on("close", () => signs.take("end"));
  return await signs.until(ended).finally(() => request.destroy());
}

async function quietSocket({ port }: ProxyProcess): Promise<string> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/v1/connect`, ["ovation.v1.json"]);
  const signs = new Recorder<"comment" | "end">();
  socket.on("open", () => socket.send('{"op":"connect","id":1}'));
  socket.on("ping", () => signs.take("comment"));
  socket.on("error", () => undefined).on("close", () => signs.take("end"));
  return await signs.until(ended).finally(() => socket.terminate());
}

function ended(signs: readonly ("comment" | "end")[]): string | undefined {
  if (signs.at(-1) === "end") return `ended after ${signs.length - 1} keep-alives`;
  return signs.length >= KEEP_ALIVES ? "open" : undefined;
}

test("quiet WebSockets and event streams stay open", async () => {
  const kinds = availableProxies();
  const proxies = await Promise.all(kinds.map((kind) => site.proxy(kind)));
  const found = await Promise.all(
    proxies.map(async (proxy) => ({
      name: proxy.kind.name,
      ends: await Promise.all([quietEventStream(proxy), quietSocket(proxy)]),
    })),
  );
  expect(found).toEqual(kinds.map(({ name }) => ({ name, ends: ["open", "open"] })));
});

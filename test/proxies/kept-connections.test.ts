/** Answers of every kind, in every order, over connections that proxies keep. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectionsToGateways } from "./support/connections.ts";
import { availableProxies, type ProxyProcess } from "./support/proxy.ts";
import { Site } from "./support/site.ts";

interface RequestSpec {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const VIDEO = "/v1/videos/launch";

let site: Site;
let pageDir: string;
let requests: readonly RequestSpec[];
beforeAll(async () => {
  pageDir = await mkdtemp(join(tmpdir(), "ovation-page-"));
  await writeFile(join(pageDir, "index.html"), "<title>Page</title>");
  site = await Site.start({ pageDir, allowedOrigins: ["https://shop.example"] });
  const page = await fetch(`http://127.0.0.11:${site.port}/`);
  const etag = page.headers.get("etag") ?? "";
  const asked = { origin: "https://shop.example", "access-control-request-method": "POST" };
  const json = { "content-type": "application/json" };
  requests = [
    { method: "OPTIONS", path: `${VIDEO}/events`, headers: asked, status: 204 },
    { method: "GET", path: "/", headers: { "if-none-match": etag }, status: 304 },
    { method: "HEAD", path: "/", status: 200 },
    { method: "GET", path: "/", status: 200 },
    { method: "GET", path: "/v1/nowhere", status: 404 },
    {
      method: "POST",
      path: `${VIDEO}/events`,
      headers: json,
      body: '{"kind":"like"}',
      status: 200,
    },
    { method: "POST", path: `${VIDEO}/events`, headers: json, body: "{", status: 400 },
    { method: "GET", path: `${VIDEO}/history?limit=1`, status: 200 },
    { method: "DELETE", path: `${VIDEO}/events/none`, status: 404 },
    { method: "PUT", path: `${VIDEO}/events`, headers: json, body: "{}", status: 405 },
  ];
});
afterAll(async () => {
  await site?.stop();
  await rm(pageDir, { recursive: true, force: true });
});

/** The items in an order in which each follows each, including itself: a de Bruijn sequence of pairs. */
function everyOrder<T>(items: readonly T[]): readonly T[] {
  const order = items.flatMap((first, index) => [
    first,
    ...items.slice(index + 1).flatMap((second) => [first, second]),
  ]);
  return [...order, ...items.slice(0, 1)];
}

async function ask(proxy: ProxyProcess, agent: Agent, spec: RequestSpec): Promise<number> {
  const { method, path, headers = {}, body } = spec;
  const request = httpsRequest({
    host: "127.0.0.1",
    port: proxy.port,
    method,
    path,
    headers: body === undefined ? headers : { ...headers, "content-length": body.length },
    agent,
  });
  const responded = once(request, "response");
  request.end(body);
  const [response] = await responded;
  response.resume();
  await once(response, "end");
  return response.statusCode;
}

describe.each(availableProxies())("$name", (kind) => {
  let proxy: ProxyProcess;
  beforeAll(async () => {
    proxy = await site.proxy(kind);
  });

  test("forwards every answer after every other, and keeps its connections to gateways", async () => {
    const order = everyOrder(requests);
    const before = (await connectionsToGateways(site.port)).length;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const wrong: string[] = [];
    let last = "nothing";
    for (const spec of order) {
      const status = await ask(proxy, agent, spec);
      const name = `${spec.method} ${spec.path}`;
      if (status !== spec.status) wrong.push(`${name} after ${last}: ${status}`);
      last = name;
    }
    agent.destroy();
    expect(wrong).toEqual([]);
    const made = (await connectionsToGateways(site.port)).length - before;
    expect(made).toBeLessThan(order.length / 4);
  });
});

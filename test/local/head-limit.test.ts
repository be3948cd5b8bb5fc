/** Large heads: the site's cookies and a long token are accepted, up to the configured limit. */

import { describe, expect, test } from "vitest";
import { spawnRole } from "../support/process.ts";
import { ask } from "../support/raw.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { TestSocket } from "../support/viewer.ts";

const stack = useTestStack();

/** Headers of this many bytes in total, half of them cookies and half a token. */
function headersOf(bytes: number): Readonly<Record<string, string>> {
  const half = "x".repeat(bytes / 2);
  return { Cookie: `session=${half}`, Authorization: `Bearer ${half}` };
}

async function statusesAt(port: number, bytes: number): Promise<readonly number[]> {
  const headers = headersOf(bytes);
  const publish = { ...headers, "Content-Type": "application/json" };
  const answers = await Promise.all([
    ask(port, { path: "/v1/ping", headers }),
    ask(port, { path: "/v1/videos/ok-head/history", headers }),
    ask(port, {
      method: "POST",
      path: "/v1/videos/ok-head/events",
      headers: publish,
      body: '{"kind":"like"}',
    }),
  ]);
  return answers.map(({ status }) => status);
}

describe("by default", () => {
  test.each([10_240, 24_576, 32_000])(
    "%i bytes of cookies and token are accepted",
    async (bytes) => {
      const { port } = stack().gateway;
      expect(await statusesAt(port, bytes)).toEqual([200, 200, 200]);
      const socket = await TestSocket.open(port, "json", headersOf(bytes));
      expect(await socket.ask("connect")).toMatchObject({ op: "result" });
      await socket.close();
    },
  );

  test("beyond the limit, the answer is 431 and the connection ends", async () => {
    const { port } = stack().gateway;
    expect(await statusesAt(port, 33_000)).toEqual([431, 431, 431]);
    await expect(TestSocket.open(port, "json", headersOf(33_000))).rejects.toThrow("431");
  });
});

test.each([
  ["8192", [6_000], [9_000]],
  ["65536", [10_240, 60_000], [66_000]],
])(
  "--head-limit-bytes %s is the limit of a gateway's process",
  async (limit, accepted, refused) => {
    const gateway = await spawnRole("gateway", stack().nats.url, ["--head-limit-bytes", limit]);
    try {
      for (const bytes of accepted) {
        expect(await statusesAt(gateway.port, bytes)).toEqual([200, 200, 200]);
      }
      for (const bytes of refused) {
        expect(await statusesAt(gateway.port, bytes)).toEqual([431, 431, 431]);
      }
    } finally {
      await gateway.stop();
    }
  },
);

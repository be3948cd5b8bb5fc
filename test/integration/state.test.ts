/** State as viewers get it: over every wire, at every gateway, whenever they come. */
import { describe, expect, test } from "vitest";
import { names, stored } from "../support/guarantee-stack.ts";
import { metric } from "../support/stack.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import type { Inbox, TestWire } from "../support/viewer.ts";
import { post, TEST_WIRES, TestSocket, watch } from "../support/viewer.ts";

const COMMENT = { text: "Hello" };
const KINDS = {
  kinds: [
    { name: "like", deliveryClass: "transient" },
    { name: "comment", deliveryClass: "durable" },
    { name: "score", deliveryClass: "state" },
    { name: "banner", deliveryClass: "state" },
    ...names("large", 20).map((name) => ({ name, deliveryClass: "state" }) as const),
  ],
} as const;
const stack = useTestStack({ gateways: 3, dispatchers: 2, gateway: KINDS, dispatcher: KINDS });

/** A viewer over each wire at each gateway. */
async function newcomers(video: string): Promise<Inbox[]> {
  return await Promise.all(
    stack().gateways.flatMap(({ port }) =>
      TEST_WIRES.map((wire: TestWire) => watch(wire, port, video)),
    ),
  );
}

async function closeAll(viewers: readonly Inbox[]): Promise<void> {
  for (const viewer of viewers) await (viewer as TestSocket).close();
}

/** The values that a viewer was sent last, as its application would show them. */
function shownTo(viewer: Inbox, video: string): Record<string, unknown> {
  const events = viewer.events.get(video) ?? [];
  const state = events.filter(({ kind }) => kind === "score" || kind === "banner");
  return Object.fromEntries(state.map(({ kind, data }) => [kind, data]));
}

async function put(video: string, kind: string, data: unknown, gateway = 0): Promise<void> {
  const answer = await post(stack().gatewayAt(gateway).port, video, { kind, data });
  expect(answer).toMatchObject({ status: 200, body: { accepted: [expect.any(String)] } });
}

describe("state", () => {
  test("that was published before any viewer came is told to each newcomer at each gateway: in the answer, and in the first frame", async () => {
    await put("early", "score", { home: 1 });
    await put("early", "score", { home: 2 }, 1);
    await put("early", "banner", "Welcome", 2);
    const viewers = await newcomers("early");
    for (const viewer of viewers) {
      const state = { score: { home: 2 }, banner: "Welcome" };
      expect(viewer.subscription).toMatchObject({ state });
      const answered = viewer.messages.indexOf(viewer.subscription);
      await viewer.until(() => viewer.messages.length > answered + 1);
      const first = viewer.messages[answered + 1];
      expect(first).toMatchObject({ op: "events" });
      expect(shownTo(viewer, "early")).toEqual(state);
      expect(viewer.of("early", "score")).toHaveLength(1);
    }
    await closeAll(viewers);
  });

  test("reaches everyone who is there when it changes, over every wire, and newcomers see no other", async () => {
    const viewers = await newcomers("live");
    await stack().mirrored("live", viewers.length);
    const publisher = await TestSocket.connect(stack().gateway.port, "msgpack");
    for (let home = 1; home <= 20; home += 1) {
      const fields = { video: "live", kind: "score", data: { home } };
      expect(await publisher.ask("publish", fields)).toMatchObject({ op: "result" });
    }
    await put("live", "banner", "Half-time", 1);
    await put("live", "banner", null, 2);
    for (const viewer of viewers) {
      await viewer.until(() => {
        const { score, banner } = shownTo(viewer, "live");
        return banner === undefined && (score as { home?: number } | undefined)?.home === 20;
      });
      const homes = viewer.of("live", "score").map(({ data }) => (data as { home: number }).home);
      expect(homes).toEqual([...homes].sort((one, other) => one - other));
    }
    const late = await newcomers("live");
    for (const viewer of late) {
      expect(viewer.subscription["state"]).toEqual({ score: { home: 20 } });
      await viewer.until(() => viewer.of("live", "score").length > 0);
      expect(viewer.of("live", "banner")).toEqual([]);
    }
    await closeAll([...viewers, ...late, publisher]);
  });

  test("of concurrent publishers at all gateways is the same for everyone in the end", async () => {
    const viewers = await newcomers("race");
    await stack().mirrored("race", viewers.length);
    await Promise.all(
      stack().gateways.map(async (_gateway, at) => {
        for (let turn = 1; turn <= 15; turn += 1) await put("race", "score", { at, turn }, at);
      }),
    );
    const [newcomer] = await newcomers("race");
    const { state } = newcomer?.subscription ?? {};
    expect(state).toEqual({ score: { at: expect.any(Number), turn: 15 } });
    for (const viewer of viewers) {
      await viewer.until(() => {
        const shown = JSON.stringify(shownTo(viewer, "race"));
        return shown === JSON.stringify(state);
      });
    }
    await closeAll(viewers);
  });

  test("that would be too large is refused by name, with all of its request, and removing what isn't there is no error", async () => {
    const { port } = stack().gateway;
    await put("large", "score", { home: 1 });
    await put("large", "banner", null);
    const data = "x".repeat(3_900);
    for (const kind of names("large", 16)) await put("large", kind, data);
    const publisher = await TestSocket.connect(port);
    const fields = { video: "large", kind: "large-17", data };
    expect(await publisher.ask("publish", fields)).toMatchObject({
      op: "error",
      code: "state_too_large",
      field: "data",
      limit: 65_536,
    });
    await publisher.close();
    const refused = [
      { kind: "comment", data: COMMENT },
      { kind: "large-18", data },
    ];
    expect(await post(port, "large", refused)).toMatchObject({
      status: 413,
      body: { error: { code: "state_too_large" } },
    });
    expect(await stored(stack().gateway, "large")).toEqual([]);
    const newcomer = await watch("msgpack", port, "large");
    expect(Object.keys(newcomer.subscription["state"] as object)).toHaveLength(17);
    newcomer.close();
    const list = [
      { kind: "comment", id: "with-state", data: COMMENT },
      { kind: "score", data: 2 },
    ];
    expect(await post(port, "large", list)).toMatchObject({
      status: 200,
      body: { accepted: ["with-state", expect.any(String)], seqs: [expect.any(Number), null] },
    });
  });
});

describe("videos that are looked up", () => {
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const url = `http://127.0.0.1:${stack().gatewayAt(2).port}/v1/videos${path}`;
    const response = await fetch(url, { headers });
    const text = await response.text();
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status: response.status, body, headers: response.headers };
  };

  test("have their viewers at all gateways, totals, state and history, whoever holds them; asking makes no viewer and no row", async () => {
    const viewers = [
      await watch("json", stack().gatewayAt(0).port, "lobby"),
      await watch("json", stack().gatewayAt(1).port, "lobby"),
    ];
    await stack().mirrored("lobby", viewers.length);
    await put("lobby", "score", { home: 1 });
    const posted = await post(stack().gateway.port, "lobby", { kind: "comment", data: COMMENT });
    const [seq] = posted.body["seqs"] as number[];
    await post(stack().gateway.port, "lobby", [{ kind: "like" }, { kind: "like" }]);
    const totals = { comment: 1, like: 2 };
    await expect
      .poll(async () => (await get("/lobby")).body, { timeout: 10_000 })
      .toMatchObject({ totals });
    const found = await get("/lobby");
    expect(found.body).toEqual({
      video: "lobby",
      viewers: 2,
      totals,
      state: { score: { home: 1 } },
      history: { seq, epoch: viewers[0]?.subscription["epoch"] },
    });
    expect(found.headers.get("cache-control")).toBe("max-age=1");
    const etag = found.headers.get("etag") ?? "";
    const again = await get("/lobby", { "if-none-match": `"other", ${etag}` });
    expect({ ...again, headers: again.headers.get("etag") }).toEqual({
      status: 304,
      body: {},
      headers: etag,
    });
    const unknown = {
      viewers: 0,
      totals: {},
      state: {},
      history: { seq: 0, epoch: expect.any(String) },
    };
    expect((await get("?ids=lobby,nothing,nothing")).body).toEqual({
      videos: [found.body, { video: "nothing", ...unknown }],
    });
    for (const { routes } of stack().dispatchers) expect(routes.viewers("lobby")).toBe(2);
    await closeAll(viewers);
  });

  test("are refused by name where there are too many or they are invalid", async () => {
    const many = names("video", 101).join(",");
    expect(await get(`?ids=${many}`)).toMatchObject({
      status: 400,
      body: { error: { code: "field_invalid", field: "ids", limit: 100 } },
    });
    for (const ids of ["?ids=", "?ids=a,b c"]) {
      expect((await get(ids)).body).toMatchObject({
        error: { code: "video_invalid", field: "ids" },
      });
    }
  });
});

describe("a video that has ended", () => {
  const end = async (video: string) => {
    const url = `http://127.0.0.1:${stack().gatewayAt(1).port}/v1/videos/${video}/end`;
    const response = await fetch(url, { method: "PUT" });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test("takes no more publishes at any dispatcher, tells its viewers and newcomers, and stays readable", async () => {
    const viewer = await watch("msgpack", stack().gateway.port, "over");
    await stack().mirrored("over", 1);
    await post(stack().gateway.port, "over", { kind: "comment", id: "kept", data: COMMENT });
    const { status, body } = await end("over");
    expect({ status, body }).toEqual({
      status: 200,
      body: { video: "over", ended: expect.any(Number) },
    });
    await viewer.until(() => viewer.of("over", "ended").length > 0);
    expect(viewer.of("over", "ended")).toMatchObject([{ data: { at: body["ended"] } }]);
    for (const kind of ["like", "comment", "score"]) {
      // Until the other dispatcher knows it too.
      await expect
        .poll(async () => {
          const answers = await Promise.all(
            names("p", 8).map(() => post(stack().gateway.port, "over", { kind, data: COMMENT })),
          );
          return answers.map((answer) => (answer.body["error"] as { code?: string })?.code);
        })
        .toEqual(names("p", 8).map(() => "video_ended"));
    }
    expect(await end("over")).toEqual({ status, body });
    const newcomer = await watch("json", stack().gatewayAt(2).port, "over");
    expect(newcomer.subscription["state"]).toMatchObject({ ended: { at: body["ended"] } });
    expect(await stored(stack().gatewayAt(2), "over")).toContain("kept");
    // A dispatcher that starts now knows it before it takes requests.
    const late = await stack().addDispatcher();
    expect(await metric(late, "ovation_dispatcher_ended_videos")).toBe(1);
    await closeAll([viewer, newcomer]);
  });
});

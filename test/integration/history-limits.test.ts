/** What a viewer gets when the history no longer holds what it asks for. */
import { afterEach, describe, expect, test } from "vitest";
import { HISTORY_STREAM } from "../../shared/protocol/subjects.ts";
import { expectContiguous } from "../support/chain.ts";
import { metric, type StackOptions, TestStack } from "../support/stack.ts";
import { post, TEST_WIRES, TestSocket, watch } from "../support/viewer.ts";

let stack: TestStack;
afterEach(async () => {
  await stack?.stop();
});

async function started(settings: NonNullable<StackOptions["dispatcher"]>): Promise<void> {
  stack = await TestStack.start({
    gateways: 2,
    dispatchers: 2,
    gateway: { ...settings, lingerMs: 0 },
    dispatcher: settings,
  });
}

/** Publishes comments with the given text and returns their seqs. */
async function comment(video: string, count: number, text = ""): Promise<number[]> {
  const seqs: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const { body } = await post(stack.gatewayAt(n).port, video, { kind: "comment", data: text });
    seqs.push(...(body["seqs"] as number[]));
  }
  return seqs;
}

const seqsOf = (events: readonly { readonly seq?: number }[]) => events.map(({ seq }) => seq);

describe("a history that was trimmed while a viewer was away", () => {
  test.each(TEST_WIRES)("is reported over %s, with the oldest seq that is left", async (wire) => {
    await started({ historyEvents: 10 });
    const stays = await watch("json", stack.gateway.port, "trimmed");
    const epoch = String(stays.subscription["epoch"]);
    const seqs = await comment("trimmed", 30);
    const past = { after: seqs[5] ?? 0, epoch, last: 3 };
    const viewer = await watch(wire, stack.gatewayAt(1).port, "trimmed", past);
    expect(viewer.subscription).toMatchObject({ recovered: false, oldest: seqs[20] });
    await viewer.until(() => viewer.of("trimmed", "comment").length === 3);
    expect(seqsOf(viewer.of("trimmed", "comment"))).toEqual(seqs.slice(-3));
    // What is still kept is recovered completely, down to the oldest.
    const edge = { after: seqs[19] ?? 0, epoch };
    const lucky = await watch(wire, stack.gatewayAt(1).port, "trimmed", edge);
    expect(lucky.subscription).toMatchObject({ recovered: true });
    await lucky.until(() => lucky.of("trimmed", "comment").length === 10);
    expect(seqsOf(lucky.of("trimmed", "comment"))).toEqual(seqs.slice(20));
    await Promise.all([viewer.close(), lucky.close(), stays.close()]);
  });

  test("is trimmed by bytes too", async () => {
    await started({ historyBytes: 65_536 });
    const seqs = await comment("heavy", 100, "x".repeat(2_000));
    const viewer = await watch("json", stack.gateway.port, "heavy", { after: 0, epoch: "other" });
    const oldest = Number(viewer.subscription["oldest"]);
    const kept = seqs.slice(seqs.indexOf(oldest));
    expect(kept.length).toBeGreaterThan(25);
    expect(kept.length).toBeLessThan(40);
    await viewer.close();
  });
});

describe("a viewer that reads too slowly", () => {
  test("gets a reset when what it missed is no longer kept, and continues from there", async () => {
    await started({ historyEvents: 100, historyBytes: 1_048_576 });
    const slow = await TestSocket.connect(stack.gateway.port, "json");
    await slow.ask("subscribe", { video: "slow" });
    slow.socket.pause();
    const batch = Array.from({ length: 100 }, () => ({ kind: "comment", data: "x".repeat(3_500) }));
    for (let n = 0; n < 40; n += 1) {
      expect((await post(stack.gateway.port, "slow", batch)).status).toBe(200);
    }
    slow.socket.resume();
    const reset = await slow.until(() => slow.messages.find(({ op }) => op === "reset"));
    expect(reset).toMatchObject({ video: "slow", epoch: expect.any(String) });
    const [seq] = await comment("slow", 1);
    await slow.until(() => slow.of("slow", "comment").at(-1)?.seq === seq);
    // The next comment may have arrived together with the reset.
    const at = slow.messages.findLastIndex(({ op }) => op === "reset");
    const after = slow.messages
      .slice(at)
      .flatMap((message) => (message.op === "events" ? message.events : []))
      .filter(({ kind }) => kind === "comment");
    expectContiguous(after);
    expect(after[0]?.prev).toBe(slow.messages[at]?.["seq"]);
    await slow.close();
  });
});

describe("a history that is deleted while viewers watch", () => {
  test("is recreated; viewers get a reset, and then what follows", async () => {
    await started({});
    const viewers = await Promise.all(
      TEST_WIRES.map((wire) => watch(wire, stack.gateway.port, "deleted")),
    );
    const seqs = await comment("deleted", 3);
    const { epoch } = viewers[0]?.subscription ?? {};
    for (const viewer of viewers) {
      await viewer.until(() => viewer.of("deleted", "comment").length === 3);
    }
    await stack.deleteStream(HISTORY_STREAM);
    for (const viewer of viewers) {
      const reset = await viewer.until(() => viewer.messages.find(({ op }) => op === "reset"));
      expect(reset).toMatchObject({ video: "deleted" });
      expect(reset["epoch"]).not.toBe(epoch);
    }
    const [seq = 0] = await comment("deleted", 1);
    expect(seq).toBeGreaterThan(seqs[2] ?? 0);
    for (const viewer of viewers) {
      await viewer.until(() => viewer.of("deleted", "comment").length === 4);
      expect(viewer.of("deleted", "comment").at(-1)?.seq).toBe(seq);
    }
    const past = { after: seqs[1] ?? 0, epoch: String(epoch) };
    const back = await watch("json", stack.gateway.port, "deleted", past);
    expect(back.subscription).toMatchObject({ recovered: false, oldest: seq });
    await Promise.all([...viewers, back].map((viewer) => viewer.close()));
  });
});

describe("memory for histories", () => {
  test("is bounded over all videos; what was evicted is read again", async () => {
    const videos = Array.from({ length: 8 }, (_, n) => `video-${n}`);
    stack = await TestStack.start({ gateway: { historyCacheBytes: 100_000 } });
    const seqs = await Promise.all(
      videos.map(async (video) => await comment(video, 20, "x".repeat(2_000))),
    );
    const viewers = [];
    for (const [n, video] of videos.entries()) {
      const viewer = await watch("json", stack.gateway.port, video, { last: 20 });
      await viewer.until(() => viewer.of(video, "comment").length === 20);
      expect(seqsOf(viewer.of(video, "comment"))).toEqual(seqs[n]);
      viewers.push(viewer);
    }
    expect(await metric(stack.gateway, "ovation_gateway_history_cache_bytes")).toBeLessThan(
      100_000,
    );
    const shrunk = await metric(stack.gateway, "ovation_gateway_history_cache_shrunk_total");
    expect(shrunk).toBeGreaterThan(0);
    const again = await watch("json", stack.gateway.port, "video-0", { last: 20 });
    await again.until(() => again.of("video-0", "comment").length === 20);
    expect(seqsOf(again.of("video-0", "comment"))).toEqual(seqs[0]);
    await Promise.all([...viewers, again].map((viewer) => viewer.close()));
  });
});

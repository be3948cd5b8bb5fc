/** What the tests of a failing NATS share: an audience that stays, and checks that all recovers. */
import { expect } from "vitest";
import { expectContiguous } from "./chain.ts";
import { eventually } from "./eventually.ts";
import { idsOf, publish, untilCount, untilShown } from "./guarantee-stack.ts";
import type { TestStack } from "./stack.ts";
import { type Inbox, post, TestSocket, watch } from "./viewer.ts";

/** A viewer at each gateway, known to every dispatcher, with a position in the history. */
export async function audienceOf(stack: TestStack, video: string): Promise<Inbox[]> {
  const viewers = await Promise.all(
    stack.gateways.map(({ port }) => watchWithPosition(port, video)),
  );
  await stack.mirrored(video, viewers.length);
  return viewers;
}

/** A gateway that can't read the history yet answers a subscribe without a position. */
async function watchWithPosition(port: number, video: string): Promise<Inbox> {
  let viewer: Inbox | undefined;
  await eventually(async () => {
    const candidate = await watch("msgpack", port, video);
    if (candidate.hasPosition) viewer = candidate;
    else await candidate.close();
    return candidate.hasPosition;
  });
  if (viewer === undefined) throw new Error("no viewer has a position");
  return viewer;
}

/** Publishes with this id until it is accepted; returns the codes of the errors before. */
export async function publishUntilAccepted(
  stack: TestStack,
  video: string,
  kind: "like" | "comment",
  id: string,
): Promise<{ readonly codes: string[]; readonly seq: number | null | undefined }> {
  const codes: string[] = [];
  let seq: number | null | undefined;
  await eventually(async () => {
    const { status, body } = await post(stack.gateway.port, video, { kind, id });
    if (status === 200) seq = (body["seqs"] as (number | null)[] | undefined)?.[0];
    else codes.push((body["error"] as { code: string }).code);
    return status === 200;
  });
  return { codes, seq };
}

/** Shows that each like reaches every viewer once, and that nobody had to reconnect. */
export async function likesFlow(
  stack: TestStack,
  video: string,
  viewers: readonly Inbox[],
  ids: readonly string[],
): Promise<void> {
  await publish(stack.gatewayAt(1), video, "like", ids);
  for (const viewer of viewers) {
    const likes = await untilShown(viewer, video, "like", ids.at(-1) ?? "");
    const shown = idsOf(likes).filter((id) => ids.includes(id));
    expect(shown).toEqual([...ids]);
    if (viewer instanceof TestSocket) expect(viewer.closed).toBeUndefined();
  }
}

/** Shows that comments are stored and delivered, in order and once; returns their seqs. */
export async function commentsFlow(
  stack: TestStack,
  video: string,
  viewers: readonly Inbox[],
  ids: readonly string[],
): Promise<number[]> {
  const seqs = await publish(stack.gatewayAt(1), video, "comment", ids);
  for (const viewer of viewers) {
    const comments = await untilShown(viewer, video, "comment", ids.at(-1) ?? "");
    const shown = comments.slice(-ids.length);
    expect(idsOf(shown)).toEqual([...ids]);
    expect(shown.map(({ seq }) => seq)).toEqual(seqs);
    expectContiguous(shown);
  }
  return seqs;
}

/**
 * Shows that the viewer count is right again, new viewers included, and that the table has it: a new
 * dispatcher knows only the table.
 */
export async function expectCountRecovers(
  stack: TestStack,
  video: string,
  viewers: readonly Inbox[],
): Promise<void> {
  const newcomer = await watch("json", stack.gateway.port, video);
  const all = [...viewers, newcomer];
  await stack.addDispatcher();
  await stack.mirrored(video, all.length);
  await untilCount(all, video, all.length);
  await newcomer.close();
  await untilCount(viewers, video, viewers.length);
}

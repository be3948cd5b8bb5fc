/** Values of the kind `score`, which is state: published, and as viewers show them. */
import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import type { TestStack } from "./stack.ts";
import { type Inbox, post, watch } from "./viewer.ts";

/** Publishes a value with this id once; returns the code of its refusal. */
export async function tryScore(
  node: { readonly port: number },
  video: string,
  score: number | null,
  id?: string,
): Promise<string | undefined> {
  const { status, body } = await post(node.port, video, { kind: "score", data: score, id });
  return status === 200 ? undefined : (body["error"] as { code: string }).code;
}

/** Publishes a value, which must be accepted. */
export async function setScore(
  node: { readonly port: number },
  video: string,
  score: number | null,
): Promise<void> {
  expect(await tryScore(node, video, score)).toBeUndefined();
}

/** Publishes a value with the same id until it is accepted; returns the codes of its refusals. */
export async function setScoreAtLast(
  node: { readonly port: number },
  video: string,
  score: number,
): Promise<readonly string[]> {
  const codes: string[] = [];
  await eventually(async () => {
    const code = await tryScore(node, video, score, `score-${score}`);
    if (code !== undefined) codes.push(code);
    return code === undefined;
  });
  return codes;
}

/** The value that a viewer shows; undefined for none. */
export function scoreOf(viewer: Inbox, video: string): unknown {
  return viewer.of(video, "score").at(-1)?.data;
}

/** Resolves when each of them shows this value, and so does a new viewer at each gateway. */
export async function untilScore(
  stack: TestStack,
  video: string,
  viewers: readonly Inbox[],
  score: number | undefined,
): Promise<void> {
  for (const viewer of viewers) await viewer.until(() => scoreOf(viewer, video) === score);
  for (const { port } of stack.gateways) {
    const newcomer = await watch("json", port, video);
    await newcomer.until(() => scoreOf(newcomer, video) === score);
    await newcomer.close();
  }
}

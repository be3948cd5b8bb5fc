/** The stack of the guarantee tests, and their helpers for viewers and publishers. */
import { afterEach, beforeEach, expect } from "vitest";
import type { OvationEvent } from "../../shared/protocol/events.ts";
import { eventually } from "./eventually.ts";
import { TEST_KINDS } from "./kinds.ts";
import { type RoleProcess, spawnRole } from "./process.ts";
import { metric, type StackOptions, type TestStack } from "./stack.ts";
import { useTestStack } from "./use-test-stack.ts";
import { type Inbox, post, type Received, TestSocket } from "./viewer.ts";

/** A short lease and frequent counts, so that the tests are quick. */
export const LEASE_MS = 1_500;
const LEASE_RENEW_MS = 300;
const COUNT_INTERVAL_MS = 50;
const TOTALS_INTERVAL_MS = 50;
const COMMON = {
  leaseMs: LEASE_MS,
  leaseRenewMs: LEASE_RENEW_MS,
  countIntervalMs: COUNT_INTERVAL_MS,
  totalsIntervalMs: TOTALS_INTERVAL_MS,
  reconcileIntervalMs: 2_000,
  kinds: [...TEST_KINDS, { name: "score", deliveryClass: "state" as const }],
};
const FLAGS = [
  ["--lease-ms", String(LEASE_MS)],
  ["--lease-renew-ms", String(LEASE_RENEW_MS)],
  ["--count-interval-ms", String(COUNT_INTERVAL_MS)],
  ["--totals-interval-ms", String(TOTALS_INTERVAL_MS)],
].flat();

/** Above the ids of a test's earlier requests. */
const UNANSWERED = 1_000;

/** As {@link useTestStack}, with a short lease and frequent counts; each test begins when it is ready. */
export function useStack(options: StackOptions): () => TestStack {
  const stack = useTestStack({
    ...options,
    gateway: { ...COMMON, lingerMs: 0, ...options.gateway },
    dispatcher: { ...COMMON, ...options.dispatcher },
  });
  beforeEach(async () => await stack().ready());
  return stack;
}

/** Starts roles as processes beside the stack, to be killed; any left over end with the test. */
export function useProcesses(
  stack: () => TestStack,
): (role: "gateway" | "dispatcher") => Promise<RoleProcess> {
  const processes: RoleProcess[] = [];
  afterEach(async () => {
    for (const process of processes.splice(0)) await process.kill9();
  });
  return async (role) => {
    const process = await spawnRole(role, stack().nats.url, FLAGS);
    processes.push(process);
    return process;
  };
}

/** Resolves when a dispatcher process has this many rows of the table. */
export async function knowsRows(dispatcher: RoleProcess, rows: number): Promise<void> {
  await eventually(
    async () => (await metric(dispatcher, "ovation_dispatcher_table_rows")) === rows,
  );
}

export const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id);

/** `a-1`, `a-2` and so on. */
export const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);

/** The viewer count that this viewer received last. */
export function viewerCountOf(viewer: Inbox, video: string): number | undefined {
  const data = viewer.of(video, "viewers").at(-1)?.data as { viewers: number } | undefined;
  return data?.viewers;
}

/** Resolves when this is the viewer count that each of them received last. */
export async function untilCount(
  viewers: readonly Inbox[],
  video: string,
  number: number,
): Promise<void> {
  for (const viewer of viewers) await viewer.until(() => viewerCountOf(viewer, video) === number);
}

/** Resolves with the viewer's events of the kind when this id is among them. */
export async function untilShown(
  viewer: Inbox,
  video: string,
  kind: string,
  id: string,
): Promise<OvationEvent[]> {
  await viewer.until(() => viewer.of(video, kind).some((event) => event.id === id));
  return viewer.of(video, kind);
}

/** Resolves when this viewer received a reset. */
export async function untilReset(viewer: Inbox): Promise<Received> {
  return await viewer.until(() => viewer.messages.find(({ op }) => op === "reset"));
}

/** Publishes events of one kind over HTTP, one after the other, each of which must be accepted. */
export async function publish(
  node: { readonly port: number },
  video: string,
  kind: "like" | "comment",
  ids: readonly string[],
): Promise<number[]> {
  const seqs: number[] = [];
  for (const id of ids) {
    const { status, body } = await post(node.port, video, { kind, id });
    expect({ status, body }).toMatchObject({ status: 200, body: { accepted: [id] } });
    if (kind === "comment") seqs.push(...(body["seqs"] as number[]));
  }
  return seqs;
}

/** Sends a publish request whose answer will not be read. */
export function publishUnanswered(
  publisher: TestSocket,
  video: string,
  kind: "like" | "comment",
  eventId: string,
): void {
  publisher.socket.pause();
  publisher.sendMessage({ op: "publish", id: UNANSWERED, video, kind, eventId });
}

/** The ids in a video's history, read over HTTP: again while the gateway says that it can't be read. */
export async function stored(node: { readonly port: number }, video: string): Promise<string[]> {
  const url = `http://127.0.0.1:${node.port}/v1/videos/${video}/history?limit=1000`;
  let response = await fetch(url);
  await eventually(async () => {
    if (response.status === 503) response = await fetch(url);
    return response.status !== 503;
  });
  expect(response.status).toBe(200);
  const { events } = (await response.json()) as { events: { id: string }[] };
  return idsOf(events);
}

/** Publishes with this id on a new connection, which must succeed; returns the answer. */
export async function republish(
  port: number,
  video: string,
  kind: "like" | "comment",
  eventId: string,
): Promise<Received> {
  const publisher = await TestSocket.connect(port);
  const answer = await publisher.ask("publish", { video, kind, eventId });
  expect(answer).toMatchObject({ op: "result", eventId });
  await publisher.close();
  return answer;
}

/** Ends a connection as a network failure does: without a close handshake. */
export async function lose(viewer: TestSocket): Promise<void> {
  viewer.socket.terminate();
  await viewer.untilClosed();
}

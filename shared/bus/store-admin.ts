/** Plans and makes changes of the streams and buckets, with the rights of the NATS user `admin`. */
import { setTimeout as wait } from "node:timers/promises";
import { JetStreamApiError, type JetStreamManager, type StreamInfo } from "@nats-io/jetstream";
import { z } from "zod";
import type { CommonConfig } from "../config/settings.ts";
import { monotonicNow } from "../runtime/lifecycle.ts";
import type { Bus } from "./connection.ts";
import { isStreamMissing } from "./ensure-stream.ts";
import { managerOf } from "./jetstream-manager.ts";
import { type StoreConfig, storeConfigs } from "./store-configs.ts";
import { type StoreStep, stepOf } from "./store-plan.ts";

/** A change of a stream may have to wait for a leader. */
const API_TIMEOUT_MS = 15_000;
const COPIES_POLL_MS = 200;
const READY_TIMEOUT_MS = 2_000;
/** How long a question may go without an answer. */
const ANSWERS_WITHIN_MS = 60_000;
/** JetStream's code for a stream that exists, with another configuration. */
const NAME_IN_USE = 10_058;
/** JetStream's status while it has no leader. */
const UNAVAILABLE = 503;
const peerRemovedSchema = z.object({ error: z.object({ description: z.string() }).optional() });

/** NATS refused a change, or it was not done in time; the message says which. */
export class StoreChangeFailed extends Error {
  override readonly name = "StoreChangeFailed";
}

/**
 * Resolves when JetStream can manage streams, however long that takes.
 * @throws Error of the client when this user may not ask
 */
export async function jetStreamReady(bus: Bus): Promise<void> {
  const manager = await managerOf(bus, READY_TIMEOUT_MS);
  for (;;) {
    try {
      await manager.getAccountInfo();
      return;
    } catch (error) {
      if (/Permissions Violation/.test(String(error))) throw error;
    }
    await wait(COPIES_POLL_MS);
  }
}

/**
 * The streams that are not as the settings say.
 * @throws Error of the client
 */
export async function planStores(bus: Bus, config: CommonConfig): Promise<readonly StoreStep[]> {
  const manager = await managerOf(bus, API_TIMEOUT_MS);
  const steps: StoreStep[] = [];
  for (const wanted of storeConfigs(config)) {
    const info = await infoOf(manager, wanted.name);
    // A count for each subject is large, and rarely needed.
    const isPerSubject = info?.config.max_msgs_per_subject !== wanted.max_msgs_per_subject;
    const counted = isPerSubject ? await infoOf(manager, wanted.name, ">") : info;
    const step = stepOf(wanted, counted, Date.now());
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

/**
 * Makes the changes of a plan, one stream after the other, and waits until every copy of each has all
 * that is stored.
 * @param waitMs the longest wait for the copies of one stream
 * @param onDone called after each step
 * @throws StoreChangeFailed; the steps before it are done, and `apply` again does the rest
 */
export async function applyStores(
  bus: Bus,
  config: CommonConfig,
  how: {
    readonly steps: readonly StoreStep[];
    readonly waitMs: number;
    readonly onDone: (step: StoreStep) => void;
  },
): Promise<void> {
  // Such a server takes the number, keeps one copy, and loses that when it joins a cluster.
  const isAlone = bus.connection.info?.cluster === undefined;
  const tooMany = storeConfigs(config).find(({ num_replicas: copies = 1 }) => copies > 1);
  if (isAlone && tooMany !== undefined) {
    throw new StoreChangeFailed(
      `${tooMany.name}: this nats-server is not part of a cluster, and can't keep ${tooMany.num_replicas} copies. Nothing was changed`,
    );
  }
  const manager = await managerOf(bus, API_TIMEOUT_MS);
  const configs = new Map(storeConfigs(config).map((store) => [store.name, store]));
  for (const step of how.steps) {
    const wanted = configs.get(step.stream);
    if (wanted === undefined) continue;
    try {
      await patiently(how.waitMs, () => make(manager, step, wanted));
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error;
      throw new StoreChangeFailed(`${step.stream}: NATS refused: ${error.message}`, {
        cause: error,
      });
    }
    await copied(manager, wanted, how.waitMs);
    how.onDone(step);
  }
}

/**
 * Has NATS make the copies that a server of its cluster holds on the others, stream by stream, and
 * waits until they are complete. Nothing is lost where at least one other copy is whole.
 * @returns the streams that had a copy there
 * @throws StoreChangeFailed
 */
export async function leaveServer(
  bus: Bus,
  config: CommonConfig,
  how: {
    readonly server: string;
    readonly waitMs: number;
    readonly onDone: (stream: string) => void;
  },
): Promise<readonly string[]> {
  const manager = await managerOf(bus, API_TIMEOUT_MS);
  const left: string[] = [];
  for (const { name } of storeConfigs(config)) {
    const info = await infoOf(manager, name);
    const { leader, replicas = [] } = info?.cluster ?? {};
    const holders = [leader, ...replicas.map((one) => one.name)];
    if (info === undefined || !holders.includes(how.server)) continue;
    if (info.config.num_replicas === 1) {
      throw new StoreChangeFailed(
        `${name}: its only copy is on ${how.server}: give it more by \`ovation store apply\` first`,
      );
    }
    await patiently(how.waitMs, () => removePeer(bus, name, how.server));
    await copied(manager, info.config, how.waitMs, { left: how.server });
    left.push(name);
    how.onDone(name);
  }
  return left;
}

/**
 * Waits until every stream has a leader, and each copy has all that is stored, but for those on one
 * server.
 * @param how.without the name of a server that is away, or empty
 * @returns the streams there are
 * @throws StoreChangeFailed
 */
export async function awaitCopies(
  bus: Bus,
  config: CommonConfig,
  how: {
    readonly without: string;
    readonly waitMs: number;
    readonly onDone: (stream: string) => void;
  },
): Promise<readonly string[]> {
  const manager = await managerOf(bus, API_TIMEOUT_MS);
  const whole: string[] = [];
  for (const { name } of storeConfigs(config)) {
    const info = await infoOf(manager, name);
    if (info === undefined) continue;
    await copied(manager, info.config, how.waitMs, { away: how.without });
    whole.push(name);
    how.onDone(name);
  }
  return whole;
}

async function removePeer(bus: Bus, stream: string, server: string): Promise<void> {
  const subject = `$JS.API.STREAM.PEER.REMOVE.${stream}`;
  const request = Buffer.from(JSON.stringify({ peer: server }));
  const { data } = await bus.connection.request(subject, request, { timeout: API_TIMEOUT_MS });
  const { error } = peerRemovedSchema.parse(JSON.parse(Buffer.from(data).toString()));
  if (error === undefined) return;
  throw new StoreChangeFailed(`${stream}: NATS refused: ${error.description}`);
}

async function infoOf(
  manager: JetStreamManager,
  name: string,
  counted?: string,
): Promise<StreamInfo | undefined> {
  try {
    const filter = counted === undefined ? {} : { subjects_filter: counted };
    return await patiently(ANSWERS_WITHIN_MS, () => manager.streams.info(name, filter));
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw error;
  }
}

/** Repeats what JetStream didn't answer, or couldn't do while it had no leader: each is harmless. */
async function patiently<T>(waitMs: number, work: () => Promise<T>): Promise<T> {
  const end = monotonicNow() + waitMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isTemporary(error) || monotonicNow() > end) throw error;
    }
    await wait(COPIES_POLL_MS);
  }
}

function isTemporary(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === UNAVAILABLE;
  return error instanceof Error && error.name === "TimeoutError";
}

async function make(
  manager: JetStreamManager,
  { action }: StoreStep,
  wanted: StoreConfig,
): Promise<void> {
  if (action === "recreate") await manager.streams.delete(wanted.name);
  if (action !== "change" && (await isCreated(manager, wanted))) return;
  const { num_replicas: copies = 1, ...rest } = wanted;
  // First what concerns what is kept, with as many copies as there are; then the copies.
  const { config } = await manager.streams.update(wanted.name, rest);
  if (config.num_replicas !== copies) {
    await manager.streams.update(wanted.name, { ...rest, num_replicas: copies });
  }
}

/** Creates a stream; false when somebody else has created it meanwhile, perhaps with other settings. */
async function isCreated(manager: JetStreamManager, wanted: StoreConfig): Promise<boolean> {
  try {
    await manager.streams.add(wanted);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NAME_IN_USE) return false;
    throw error;
  }
}

/**
 * Resolves when the stream has a leader, and every copy has all that is stored.
 * @param but the name of a server whose copy doesn't count (`away`), or that must have none (`left`)
 */
async function copied(
  manager: JetStreamManager,
  { name, num_replicas: copies = 1 }: StoreConfig,
  waitMs: number,
  but: { readonly away?: string; readonly left?: string } = {},
): Promise<void> {
  const end = monotonicNow() + waitMs;
  let state = "it has no leader";
  for (;;) {
    const info = await manager.streams.info(name).catch(() => undefined);
    if (info !== undefined) {
      const { leader, replicas = [] } = info.cluster ?? {};
      // A server without a cluster names no leader, or itself, and no copies.
      const holders = [leader, ...replicas.map((one) => one.name)];
      const behind = replicas
        .filter((one) => one.name !== but.away && (!one.current || one.offline === true))
        .map((one) => one.name);
      const hasLeader = info.cluster === undefined || copies === 1 || (leader ?? "") !== "";
      const isWhole = replicas.length === copies - 1 && behind.length === 0;
      const isLeft = but.left === undefined || !holders.includes(but.left);
      const isElsewhere = but.away === undefined || leader !== but.away;
      if (hasLeader && isWhole && isLeft && isElsewhere) return;
      if (!hasLeader) state = "it has no leader";
      else if (behind.length > 0) state = `the copy on ${behind.join(", ")} is not complete`;
      else state = `there are ${replicas.length + 1} of ${copies} copies`;
    }
    if (monotonicNow() > end) {
      throw new StoreChangeFailed(`${name}: after ${waitMs} ms, ${state}; NATS goes on with it`);
    }
    await wait(COPIES_POLL_MS);
  }
}

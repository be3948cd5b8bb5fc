/** Takes all that is kept on disk out of a NATS, and puts it into another one. */
import type { CommonConfig } from "../config/settings.ts";
import { encodeCommand } from "../protocol/commands.ts";
import { commandSubject, NO_VIDEO } from "../protocol/subjects.ts";
import type { Bus } from "./connection.ts";
import { isStreamMissing } from "./ensure-stream.ts";
import { managerOf } from "./jetstream-manager.ts";
import { storeConfigs } from "./store-configs.ts";
import { restoreStream, type StreamSnapshot } from "./stream-snapshot.ts";

const ANSWER_MS = 1_500;
const API_TIMEOUT_MS = 15_000;

/** The streams that outlive a restart of NATS. The others are rebuilt by the processes themselves. */
export function keptStreams(config: CommonConfig): readonly string[] {
  return storeConfigs(config)
    .filter(({ storage }) => storage === "file")
    .map(({ name }) => name);
}

/** Whether a dispatcher answers: it would write, and create what is missing. */
export async function isWritten(bus: Bus): Promise<boolean> {
  const request = encodeCommand("kinds.get", {});
  return await bus.request(commandSubject(NO_VIDEO), request, ANSWER_MS).then(
    () => true,
    () => false,
  );
}

/** The number of messages of a stream; undefined when there is none of that name. */
export async function messagesOf(bus: Bus, stream: string): Promise<number | undefined> {
  const manager = await managerOf(bus, API_TIMEOUT_MS);
  try {
    return (await manager.streams.info(stream)).state.messages;
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Puts a snapshot in the place of whatever there is, with as many copies as the settings say.
 * @returns how many messages there are then
 * @throws SnapshotFailed
 */
export async function putInPlace(
  bus: Bus,
  config: CommonConfig,
  { head, chunks }: StreamSnapshot,
): Promise<number> {
  const { name } = head.config;
  if ((await messagesOf(bus, name)) !== undefined) {
    await (await managerOf(bus, API_TIMEOUT_MS)).streams.delete(name);
  }
  const wanted = storeConfigs(config).find((store) => store.name === name);
  const copies = wanted?.num_replicas ?? head.config.num_replicas;
  await restoreStream(bus, {
    head: { ...head, config: { ...head.config, num_replicas: copies } },
    chunks,
  });
  return (await messagesOf(bus, name)) ?? 0;
}

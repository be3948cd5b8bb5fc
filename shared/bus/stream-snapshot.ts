/**
 * A stream as a snapshot of JetStream, and a stream made of one, which has the same sequences, times
 * and date of creation: https://docs.nats.io/reference/reference-protocols/nats_api_reference
 */
import type { StreamConfig, StreamState } from "@nats-io/jetstream";
import { z } from "zod";
import type { Bus } from "./connection.ts";

const CHUNK_BYTES = 131_072;
/** NATS gives up on a snapshot whose chunks are not confirmed for as long. */
const CHUNK_WAIT_MS = 30_000;
/** At the end of a restore the server reads all of it. */
const RECOVERY_WAIT_MS = 600_000;
const NOTHING = new Uint8Array();

/** What a snapshot is of, in NATS's own terms. */
export interface SnapshotHead {
  readonly config: StreamConfig;
  readonly state: StreamState;
}

export interface StreamSnapshot {
  readonly head: SnapshotHead;
  /** Its bytes, in an order that counts; to be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** NATS refused a snapshot or a restore, or did not finish it; the message says which. */
export class SnapshotFailed extends Error {
  override readonly name = "SnapshotFailed";
}

const errorSchema = z.object({ error: z.object({ description: z.string() }).optional() });
const headSchema = z.object({
  config: z.custom<StreamConfig>((value) => typeof value === "object"),
  state: z.custom<StreamState>((value) => typeof value === "object"),
});
const restoreSchema = z.object({ deliver_subject: z.string() });

/**
 * Begins a snapshot of a stream on disk. What is stored meanwhile is not in it.
 * @throws SnapshotFailed
 */
export async function snapshotOf(bus: Bus, stream: string): Promise<StreamSnapshot> {
  const { connection } = bus;
  const inbox = bus.newInbox();
  const subscription = connection.subscribe(inbox);
  const what = `the snapshot of ${stream}`;
  const request = { deliver_subject: inbox, no_consumers: true, chunk_size: CHUNK_BYTES };
  const answer = await api(bus, what, `$JS.API.STREAM.SNAPSHOT.${stream}`, request);
  const head = headSchema.parse(answer);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const messages = subscription[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { value: chunk, done } = await within(CHUNK_WAIT_MS, what, messages.next());
        if (done === true || chunk === undefined) throw new SnapshotFailed(`${what} was cut off`);
        if (chunk.data.length === 0) {
          const code = chunk.headers?.code ?? 0;
          if (code >= 300)
            throw new SnapshotFailed(`${what} failed: ${chunk.headers?.description}`);
          return;
        }
        yield chunk.data;
        chunk.respond(NOTHING);
      }
    } finally {
      subscription.unsubscribe();
    }
  }
  return { head, chunks: chunks() };
}

/**
 * Makes a stream of a snapshot; there must be none of that name.
 * @param head its config may have another number of copies than the snapshot's
 * @throws SnapshotFailed
 */
export async function restoreStream(bus: Bus, { head, chunks }: StreamSnapshot): Promise<void> {
  const { name } = head.config;
  const what = `the restore of ${name}`;
  const answer = await api(bus, what, `$JS.API.STREAM.RESTORE.${name}`, head);
  const subject = restoreSchema.parse(answer).deliver_subject;
  const send = async (chunk: Uint8Array, waitMs: number) => {
    const { data } = await bus.connection.request(subject, chunk, { timeout: waitMs });
    if (data.length > 0) checkAnswer(what, JSON.parse(Buffer.from(data).toString()));
  };
  for await (const chunk of chunks) await send(chunk, CHUNK_WAIT_MS);
  await send(NOTHING, RECOVERY_WAIT_MS);
}

async function api(bus: Bus, what: string, subject: string, request: object): Promise<unknown> {
  const payload = Buffer.from(JSON.stringify(request));
  const { data } = await bus.connection.request(subject, payload, { timeout: CHUNK_WAIT_MS });
  return checkAnswer(what, JSON.parse(Buffer.from(data).toString()));
}

function checkAnswer(what: string, answer: unknown): unknown {
  const { error } = errorSchema.parse(answer);
  if (error !== undefined) throw new SnapshotFailed(`${what} was refused: ${error.description}`);
  return answer;
}

async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new SnapshotFailed(`${what}: nothing came for ${ms} ms`)),
    ms,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

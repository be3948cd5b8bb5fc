/** The kinds that tests use. */
import { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { configFor } from "../../shared/config/load.ts";
import { kindsBucket } from "../../shared/protocol/buckets.ts";
import type { Kind } from "../../shared/protocol/kinds.ts";
import { encodeKinds } from "../../shared/protocol/kinds-document.ts";
import { KINDS_KEY } from "../../shared/protocol/subjects.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { connectTo, natsUrlAs } from "./nats-users.ts";

/** Like the default ones, but comments may have any data, or none. */
export const TEST_KINDS: readonly Kind[] = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", schema: {} },
  { name: "vote", deliveryClass: "vote" },
];

/** Stores {@link TEST_KINDS} where no kinds are stored yet, ahead of dispatchers that would store theirs. */
export async function seedKinds(url: string): Promise<void> {
  const servers = [natsUrlAs("dispatcher", url)];
  const bus = await Bus.connect({ servers, inbox: "dispatcher", name: "kinds", log: silentLog });
  const bucket = new Bucket(bus, kindsBucket(configFor("dispatcher")));
  await bucket.ensure();
  await bucket.put(KINDS_KEY, encodeKinds(TEST_KINDS), 0).catch((error: unknown) => {
    if (!(error instanceof RevisionConflict)) throw error;
  });
  await bus.stop();
}

/** The answer to a command that applies kinds; rejects with its error. */
export async function applyKinds(url: string, kinds: unknown): Promise<{ revision: number }> {
  const connection = await connectTo(url, "publisher");
  try {
    const request = JSON.stringify({ op: "kinds.put", document: { kinds } });
    const answer = await connection.request("ov.command.~", request, { timeout: 20_000 });
    const { result, error } = answer.json<{ result?: { revision: number }; error?: object }>();
    if (result === undefined) throw new Error(JSON.stringify(error));
    return result;
  } finally {
    await connection.close();
  }
}

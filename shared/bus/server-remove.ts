/** Takes a server out of a NATS cluster, with the rights of the NATS user `system`. */
import { z } from "zod";
import type { Bus } from "./connection.ts";
import { StoreChangeFailed } from "./store-admin.ts";

/** Only the leader of JetStream answers. */
const SUBJECT = "$JS.API.SERVER.REMOVE";
const TIMEOUT_MS = 15_000;
const removedSchema = z.object({ error: z.object({ description: z.string() }).optional() });

/**
 * Has the cluster count a server no longer, which won't come back: its quorum is of the others.
 * @param server its name
 * @throws StoreChangeFailed when NATS refuses; Error of the client when nobody answers
 */
export async function removeServer(bus: Bus, server: string): Promise<void> {
  const request = Buffer.from(JSON.stringify({ peer: server }));
  const { data } = await bus.connection.request(SUBJECT, request, { timeout: TIMEOUT_MS });
  const { error } = removedSchema.parse(JSON.parse(Buffer.from(data).toString()));
  if (error === undefined) return;
  throw new StoreChangeFailed(`${server}: NATS refused: ${error.description}`);
}

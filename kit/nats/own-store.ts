/** A nats-server with an empty store of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Server {
  stop(): Promise<void>;
}

/** Starts a server with an empty store; its `stop` removes the store, unless that is kept. */
export async function withOwnStore<S extends Server>(
  start: (storeDir: string) => Promise<S>,
  isKept = false,
): Promise<S> {
  const storeDir = await mkdtemp(join(tmpdir(), "ovation-nats-"));
  // A server that was killed may still write a last file.
  const remove = () => rm(storeDir, { recursive: true, force: true, maxRetries: 5 });
  try {
    const server = await start(storeDir);
    if (isKept) return server;
    const stop = server.stop.bind(server);
    server.stop = async () => {
      await stop();
      await remove();
    };
    return server;
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The last resort for a nats-server: its official image, run by Docker. */
import { type LogLine, runCommand } from "./command.ts";
import type { NatsImage } from "./source.ts";

/** The official image. */
export const NATS_IMAGE = "nats:2.12";

const PULL_MS = 10 * 60_000;

/** Makes sure that a Docker engine answers and has the image. Throws an Error that says why not. */
export async function provideNatsImage(image: string, log: LogLine): Promise<NatsImage> {
  const engine = await runCommand("docker", ["version", "--format", "{{.Server.Version}}"]);
  if (!engine.ok) throw new Error(engine.problem);
  const present = await runCommand("docker", ["image", "inspect", image]);
  if (!present.ok) {
    log(`Fetching the nats-server image: docker pull ${image}`);
    const pulled = await runCommand("docker", ["pull", image], { timeoutMs: PULL_MS });
    if (!pulled.ok) throw new Error(pulled.problem);
  }
  log(`nats-server will run in Docker, from the image ${image}`);
  return { kind: "docker", image };
}

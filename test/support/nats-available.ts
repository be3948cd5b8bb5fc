/** Whether this machine can run a kind of nats-server. */
import type { LogLine } from "../../kit/nats/command.ts";
import { provideNatsVersion } from "../../kit/nats/versions.ts";
import { containerEngine } from "./engine.ts";
import type { NatsKind } from "./nats-kind.ts";

async function containerFault(): Promise<string | undefined> {
  const engine = await containerEngine();
  return engine.answers ? undefined : `no container engine answers: ${engine.reason}`;
}

/** Why this machine can't run that kind; undefined if it can. Downloads or builds what it can. */
export async function natsKindFault(kind: NatsKind, log: LogLine): Promise<string | undefined> {
  if (kind === "container") return containerFault();
  try {
    await provideNatsVersion(kind, log);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

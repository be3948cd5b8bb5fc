/** A nats-server for one test, of the kind that OVATION_TEST_NATS names. */
import { findNatsServer } from "../../kit/nats/find-nats-server.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import { type NatsRestart, startNatsServer } from "../../kit/nats/nats-server.ts";
import { withOwnStore } from "../../kit/nats/own-store.ts";
import type { NatsServerSource } from "../../kit/nats/source.ts";
import { provideNatsVersion } from "../../kit/nats/versions.ts";
import { startNatsContainer } from "./nats-container.ts";
import { type NatsKind, requestedNatsKind } from "./nats-kind.ts";
import { TEST_PASSWORDS } from "./nats-users.ts";

/** What to start. */
export interface TestNatsOptions {
  /** 0, the default, picks a free one. */
  readonly port?: number;
  /** Whether `stop` keeps the store, so that a later `restart` finds it again. */
  readonly keepStore?: boolean;
  /** The port of its HTTP monitoring; off if unset. Not available in a container. */
  readonly monitorPort?: number;
  /** A configuration in place of deploy/nats/ovation.conf. Not available in a container. */
  readonly config?: string;
}

/** A running nats-server. Its methods must not run concurrently. */
export interface TestNats {
  /** Without a user: `nats-users.ts` adds one. */
  readonly url: string;
  readonly port: number;
  /** As the server reports it, such as 2.9.10. */
  readonly version: string;
  readonly storeDir: string;
  /** Ends it as an operator would. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends it as a crash would. The store stays. */
  kill9(): Promise<void>;
  /** Kills it if it runs, and starts it on the same URL. */
  restart(how?: NatsRestart): Promise<void>;
}

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function findSource(kind: NatsKind | undefined): Promise<NatsServerSource> {
  if (kind === "2.9" || kind === "current") return provideNatsVersion(kind, log);
  return findNatsServer({ log });
}

async function start(
  storeDir: string,
  port: number,
  extraArgs: readonly string[],
): Promise<TestNats> {
  const kind = requestedNatsKind();
  if (kind === "container") {
    return startNatsContainer({ storeDir, port: port === 0 ? await freePort() : port });
  }
  const source = await findSource(kind);
  return startNatsServer({ source, storeDir, port, passwords: TEST_PASSWORDS, extraArgs });
}

/** Starts a nats-server with JetStream on 127.0.0.1 for a test, with an empty store. */
export async function startTestNats(options: TestNatsOptions = {}): Promise<TestNats> {
  const { port = 0, keepStore = false, monitorPort, config } = options;
  const extraArgs = [
    ...(monitorPort === undefined ? [] : ["--http_port", String(monitorPort)]),
    // Of two of them, nats-server takes the last.
    ...(config === undefined ? [] : ["--config", config]),
  ];
  return await withOwnStore((storeDir) => start(storeDir, port, extraArgs), keepStore);
}

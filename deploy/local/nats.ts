/** Launches the stack's own nats-server. */

import { endText, StartError } from "../../kit/ending.ts";
import type { LogFile } from "../../kit/log-file.ts";
import type { Launch } from "../../kit/managed-process.ts";
import type { NatsPasswords } from "../../kit/nats/access.ts";
import type { findNatsServer } from "../../kit/nats/find-nats-server.ts";
import { type NatsServer, startNatsServer } from "../../kit/nats/nats-server.ts";

interface NatsOptions {
  readonly source: Awaited<ReturnType<typeof findNatsServer>>;
  readonly port: number;
  readonly storeDir: string;
  readonly passwords: NatsPasswords;
  readonly log: LogFile;
}

/** Launches nats-server, each time on the same port and with the same store. */
export function natsLaunch({ source, port, storeDir, passwords, log }: NatsOptions): Launch {
  let server: NatsServer | undefined;
  // In a container that file doesn't exist.
  const extraArgs = source.kind === "binary" ? ["--log", log.path] : [];

  return async (signal) => {
    signal.throwIfAborted();
    const logStart = log.size;
    try {
      if (server === undefined) {
        server = await startNatsServer({ source, port, storeDir, passwords, extraArgs });
      } else await server.restart();
    } catch (error) {
      const [message = "", ...output] = String(error).split("\n");
      throw new StartError(message, [...output, ...log.linesSince(logStart)]);
    }
    const running = server;
    if (signal.aborted) await running.stop();
    signal.throwIfAborted();
    const ended = running.exited.then((exit) => endText(exit, log.linesSince(logStart)));
    return {
      pid: running.pid,
      ended,
      stop: () => void running.stop(),
      kill: () => void running.kill9(),
    };
  };
}

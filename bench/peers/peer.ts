/** A peer as a system under test: its server processes, with NATS if it needs it. */
import { extname, join } from "node:path";
import { childLaunch } from "../../kit/child.ts";
import { LogFile } from "../../kit/log-file.ts";
import type { ProcessRun } from "../../kit/managed-process.ts";
import { freePorts } from "../../kit/ports.ts";
import { type BenchNats, startNats } from "../control/stack.ts";
import type { ServerProcess, System } from "../control/system.ts";
import type { DialectName } from "../wire/dialects.ts";
import { buildGoPeer } from "./install.ts";

export interface Peer {
  readonly name: string;
  readonly dialect: DialectName;
  /** A module for node, or the folder of a Go program. */
  readonly server: string;
  readonly processes: number;
  readonly needsNats: boolean;
  /** Its settings and their source, for the report. */
  readonly settings: string;
}

export const PEERS: readonly Peer[] = [
  {
    name: "ws",
    dialect: "plain",
    server: "ws.mjs",
    processes: 1,
    needsNats: false,
    settings: "one process, no bus, perMessageDeflate off, broadcast as in its README",
  },
  {
    name: "uWebSockets.js",
    dialect: "plain",
    server: "uws.mjs",
    processes: 1,
    needsNats: false,
    settings: "one process, no bus, its own topics, no compression, 16 MiB of backpressure",
  },
  {
    name: "socket.io",
    dialect: "socket.io",
    server: "socket-io.mjs",
    processes: 2,
    needsNats: true,
    settings:
      "two processes over NATS (@mickl/socket.io-nats-adapter), only WebSocket, no compression",
  },
  {
    name: "centrifuge",
    dialect: "centrifuge",
    server: "centrifuge",
    processes: 2,
    needsNats: true,
    settings:
      "the library inside Centrifugo, v0.40.1; two processes over NATS, JSON, its own queues (up to 16 messages in a write to a client that is behind), shared write buffers",
  },
];

const LOGS = join(import.meta.dirname, "..", "..", ".cache", "bench", "logs");
const HOST = "127.0.0.1";

export async function startPeer(peer: Peer, onStep: (text: string) => void): Promise<System> {
  onStep(`starting ${peer.name}: ${peer.settings}`);
  const nats: BenchNats | undefined = peer.needsNats ? await startNats(onStep) : undefined;
  const runs: ProcessRun[] = [];
  const processes: ServerProcess[] = nats === undefined ? [] : [nats.process];
  const stop = async () => {
    for (const run of runs) run.stop();
    await Promise.all(runs.map(({ ended }) => ended));
    await nats?.stop();
  };
  const ports = await freePorts(peer.processes);
  try {
    for (const [index, port] of ports.entries()) {
      const name = `${peer.name}-${index + 1}`;
      const words = [String(port), ...(nats === undefined ? [] : [nats.url])];
      const server = join(import.meta.dirname, "servers", peer.server);
      const run = await childLaunch({
        ...(extname(server) === ".mjs"
          ? { args: [server, ...words] }
          : { command: await buildGoPeer(server, onStep), args: words }),
        env: process.env,
        readyUrl: `http://${HOST}:${port}/readyz`,
        log: new LogFile(LOGS, name),
      })(new AbortController().signal);
      runs.push(run);
      processes.push({ kind: "server", name, pid: run.pid });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name: peer.name,
    dialect: peer.dialect,
    targets: ports.map((port) => ({ host: HOST, port })),
    processes,
    about: { settings: peer.settings },
    stop,
  };
}

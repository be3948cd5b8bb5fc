/** A peer as a system under test: its server processes, with NATS if it needs it. */
import { join } from "node:path";
import { childLaunch } from "../../kit/child.ts";
import { LogFile } from "../../kit/log-file.ts";
import { spawnGuarded } from "../../kit/nats/guarded.ts";
import { freePorts } from "../../kit/ports.ts";
import { untilReady } from "../../kit/ready.ts";
import { type BenchNats, startNats } from "../control/stack.ts";
import type { ServerProcess, System } from "../control/system.ts";
import type { DialectName } from "../wire/dialects.ts";
import { buildGoPeer } from "./install.ts";

/** A module for node, which gets its port and the URL of NATS as arguments. */
interface NodeServer {
  readonly module: string;
}

/** A released program, which gets its settings in its environment. */
interface GoServer {
  /** Module path and version. */
  readonly program: string;
  readonly env: (port: number, natsUrl: string) => Readonly<Record<string, string>>;
  /** Answers 200 once it serves. */
  readonly readyPath: string;
}

export interface Peer {
  readonly name: string;
  readonly dialect: DialectName;
  readonly server: NodeServer | GoServer;
  readonly processes: number;
  readonly needsNats: boolean;
  /** Its settings and their source, for the report. */
  readonly settings: string;
}

const HOST = "127.0.0.1";
/** Prefix of Centrifugo's settings for channels without a namespace. */
const ROOM = "CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE";

export const PEERS: readonly Peer[] = [
  {
    name: "ws",
    dialect: "plain",
    server: { module: "ws.mjs" },
    processes: 1,
    needsNats: false,
    settings: "one process, no bus, perMessageDeflate off, broadcast as in its README",
  },
  {
    name: "uWebSockets.js",
    dialect: "plain",
    server: { module: "uws.mjs" },
    processes: 1,
    needsNats: false,
    settings: "one process, no bus, its own topics, no compression, 16 MiB of backpressure",
  },
  {
    name: "socket.io",
    dialect: "socket.io",
    server: { module: "socket-io.mjs" },
    processes: 2,
    needsNats: true,
    settings:
      "two processes over NATS (@mickl/socket.io-nats-adapter), only WebSocket, no compression",
  },
  {
    name: "centrifugo",
    dialect: "centrifuge",
    server: {
      program: "github.com/centrifugal/centrifugo/v6@v6.9.1",
      readyPath: "/health",
      env: (port, natsUrl) => ({
        CENTRIFUGO_HTTP_SERVER_ADDRESS: HOST,
        CENTRIFUGO_HTTP_SERVER_PORT: String(port),
        CENTRIFUGO_HEALTH_ENABLED: "true",
        CENTRIFUGO_LOG_LEVEL: "warn",
        CENTRIFUGO_BROKER_ENABLED: "true",
        CENTRIFUGO_BROKER_TYPE: "nats",
        CENTRIFUGO_BROKER_NATS_URL: natsUrl,
        CENTRIFUGO_CLIENT_ALLOW_ANONYMOUS_CONNECT_WITHOUT_TOKEN: "true",
        [`${ROOM}_ALLOW_SUBSCRIBE_FOR_CLIENT`]: "true",
        [`${ROOM}_ALLOW_SUBSCRIBE_FOR_ANONYMOUS`]: "true",
        [`${ROOM}_ALLOW_PUBLISH_FOR_CLIENT`]: "true",
        [`${ROOM}_ALLOW_PUBLISH_FOR_ANONYMOUS`]: "true",
        // The bench's viewers don't answer its pings, which by default are sent every 25 s.
        CENTRIFUGO_CLIENT_PING_INTERVAL: "1h",
        // Less memory for many connections: https://centrifugal.dev/docs/transports/websocket
        CENTRIFUGO_WEBSOCKET_USE_WRITE_BUFFER_POOL: "true",
      }),
    },
    processes: 2,
    needsNats: true,
    settings:
      "v6.9.1; two processes over its NATS broker, JSON, no history, its own queues (up to 16 messages in a write to a client that is behind), shared write buffers",
  },
];

const LOGS = join(import.meta.dirname, "..", "..", ".cache", "bench", "logs");
const READY_MS = 30_000;

interface PeerRun {
  readonly pid: number;
  stop(): Promise<unknown>;
}

export async function startPeer(peer: Peer, onStep: (text: string) => void): Promise<System> {
  onStep(`starting ${peer.name}: ${peer.settings}`);
  const nats: BenchNats | undefined = peer.needsNats ? await startNats(onStep) : undefined;
  const runs: PeerRun[] = [];
  const processes: ServerProcess[] = nats === undefined ? [] : [nats.process];
  const stop = async () => {
    await Promise.all(runs.map((run) => run.stop()));
    await nats?.stop();
  };
  const ports = await freePorts(peer.processes);
  try {
    for (const [index, port] of ports.entries()) {
      const name = `${peer.name}-${index + 1}`;
      const { server } = peer;
      const run =
        "module" in server
          ? await runNode(server, name, port, nats?.url)
          : await runGo(server, port, nats?.url ?? "", onStep);
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

async function runNode(
  { module }: NodeServer,
  name: string,
  port: number,
  natsUrl: string | undefined,
): Promise<PeerRun> {
  const words = [String(port), ...(natsUrl === undefined ? [] : [natsUrl])];
  const run = await childLaunch({
    args: [join(import.meta.dirname, "servers", module), ...words],
    env: process.env,
    readyUrl: `http://${HOST}:${port}/readyz`,
    log: new LogFile(LOGS, name),
  })(new AbortController().signal);
  return {
    pid: run.pid,
    stop: () => {
      run.stop();
      return run.ended;
    },
  };
}

/** Under a guard, since such a program doesn't notice that the bench has ended. */
async function runGo(
  { program, env, readyPath }: GoServer,
  port: number,
  natsUrl: string,
  onStep: (text: string) => void,
): Promise<PeerRun> {
  const command = await buildGoPeer(program, onStep);
  const run = await spawnGuarded({ command, args: [], env: env(port, natsUrl) });
  const over = new AbortController();
  const ended = run.exited.then(() => {
    throw new Error(`${program} ended before it was ready: ${run.tail.text()}`);
  });
  // It ends some day even after it was ready, when nobody awaits it.
  ended.catch(() => undefined);
  try {
    const url = `http://${HOST}:${port}${readyPath}`;
    await Promise.race([untilReady(url, READY_MS, over.signal), ended]);
  } catch (error) {
    over.abort();
    await run.kill();
    throw error;
  }
  return run;
}

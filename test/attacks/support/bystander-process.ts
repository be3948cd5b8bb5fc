/**
 * The process of the well-behaved viewer, so that an attack that keeps its own process busy does
 * not delay what is measured. It also samples the gateway's memory and computing time.
 */
import { readFileSync } from "node:fs";
import WebSocket from "ws";
import type { BystanderOptions, Sample } from "./bystander.ts";

/** Each connection stays far below the default limit of requests. */
const SEND_EVERY_MS = 50;
const LIKE_EVERY = 16;
const MEMORY_EVERY_MS = 25;
const PAGE_BYTES = 4_096;
/** The kernel's unit of computing time. */
const TICK_MS = 10;

const given = process.argv[2] ?? "";
const { port, pid, tokens, localAddress, video }: BystanderOptions = JSON.parse(given);

let roundTripsMs: number[] = [];
let faults: string[] = [];
let rssPeakBytes = 0;

function residentBytes(): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE_BYTES;
  } catch {
    return 0; // It has ended, or this is not Linux.
  }
}

/** In user and in kernel mode: fields 14 and 15, counted behind the command's name. */
function cpuMs(): number {
  try {
    const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ");
    const [user, system] = fields.split(" ").slice(11, 13);
    return (Number(user) + Number(system)) * TICK_MS;
  } catch {
    return 0;
  }
}

class Connection {
  readonly #socket: WebSocket;
  readonly #sentAt = new Map<number, number>();
  #lastId = 0;
  readonly ready: Promise<void>;

  constructor(token: string | null) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/v1/connect`, ["ovation.v1.json"], {
      perMessageDeflate: false,
      localAddress,
    });
    this.ready = new Promise((resolve, reject) => {
      this.#socket.once("open", () => {
        this.#ask({ op: "connect", ...(token === null ? {} : { token }) });
        this.#ask({ op: "subscribe", video });
      });
      this.#socket.on("message", (data) => {
        this.#receive(JSON.parse(String(data)));
        if (this.#sentAt.size === 0) resolve();
      });
      this.#socket.once("error", reject);
    });
    this.#socket.on("close", (code) => faults.push(`closed: ${code}`));
  }

  send(): void {
    if (this.#lastId % LIKE_EVERY > 0) this.#ask({ op: "ping" });
    else this.#ask({ op: "publish", video, kind: "like" });
  }

  /** The age of requests that are not answered: an answer that never comes is no fast one. */
  waitingMs(): number[] {
    const now = performance.now();
    return [...this.#sentAt.values()].map((sentAt) => now - sentAt);
  }

  #ask(request: object): void {
    this.#lastId += 1;
    this.#sentAt.set(this.#lastId, performance.now());
    this.#socket.send(JSON.stringify({ id: this.#lastId, ...request }));
  }

  #receive({
    id,
    op,
    code,
  }: {
    readonly id?: number;
    readonly op: string;
    readonly code?: string;
  }) {
    if (op === "error") faults.push(String(code));
    const sentAt = this.#sentAt.get(id ?? 0);
    if (id === undefined || sentAt === undefined) return;
    this.#sentAt.delete(id);
    roundTripsMs.push(performance.now() - sentAt);
  }
}

const connections = tokens.map((token) => new Connection(token));
await Promise.all(connections.map(({ ready }) => ready));
for (const [index, connection] of connections.entries()) {
  const begin = () => setInterval(() => connection.send(), SEND_EVERY_MS);
  setTimeout(begin, (index * SEND_EVERY_MS) / connections.length);
}
setInterval(() => {
  rssPeakBytes = Math.max(rssPeakBytes, residentBytes());
}, MEMORY_EVERY_MS);

process.on("message", () => {
  const waiting = connections.flatMap((connection) => connection.waitingMs());
  const sample: Sample = {
    roundTripsMs: [...roundTripsMs, ...waiting],
    faults,
    rssPeakBytes,
    rssBytes: residentBytes(),
    cpuMs: cpuMs(),
  };
  roundTripsMs = [];
  faults = [];
  rssPeakBytes = 0;
  process.send?.(sample);
});
process.once("disconnect", () => process.exit());
process.send?.("ready");

/** Publishes messages over NATS at a steady high rate, from several connections, without replies. */
import { setTimeout as wait } from "node:timers/promises";
import type { NatsConnection } from "nats";

const CONNECTIONS = 2;
const TICK_MS = 10;
/** After a stall, the backlog is sent in parts, so that NATS does not get all of it at once. */
const BURST_TICKS = 20;

export interface FloodReport {
  readonly sent: number;
  readonly perSecond: number;
}

export class Flood {
  readonly #perSecond: number;
  readonly #loop: Promise<FloodReport>;
  #isStopped = false;

  constructor(
    open: () => Promise<NatsConnection>,
    subject: string,
    payload: string,
    perSecond: number,
  ) {
    this.#perSecond = perSecond;
    this.#loop = this.#run(open, subject, payload);
  }

  /** Stops, and resolves when NATS has received everything that was sent. */
  async stop(): Promise<FloodReport> {
    this.#isStopped = true;
    return await this.#loop;
  }

  async #run(
    open: () => Promise<NatsConnection>,
    subject: string,
    payload: string,
  ): Promise<FloodReport> {
    const connections = await Promise.all(Array.from({ length: CONNECTIONS }, open));
    const startedAt = performance.now();
    const most = (this.#perSecond * TICK_MS * BURST_TICKS) / 1_000;
    let sent = 0;
    while (!this.#isStopped) {
      const target = ((performance.now() - startedAt) * this.#perSecond) / 1_000;
      for (let count = Math.min(most, target - sent); count > 0; count -= 1) {
        connections[sent % CONNECTIONS]?.publish(subject, payload);
        sent += 1;
      }
      // What the server has not received must not pile up here.
      await Promise.all([wait(TICK_MS), ...connections.map((connection) => connection.flush())]);
    }
    const perSecond = (sent * 1_000) / (performance.now() - startedAt);
    await Promise.all(connections.map((connection) => connection.close()));
    return { sent, perSecond };
  }
}

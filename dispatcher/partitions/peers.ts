/**
 * The other dispatchers, by what they tell. One that is silent for several of our own heartbeats is
 * gone; heartbeats are counted instead of measured, so that a pause of our own ends nobody.
 */
import type { DispatchingNotice } from "../../shared/protocol/dispatching.ts";

/** Heartbeats of ours that a peer may miss. */
const MISSED_LIMIT = 4;

interface Peer {
  serves: ReadonlySet<number>;
  isLeaving: boolean;
  missed: number;
}

export class Peers {
  readonly #peers = new Map<string, Peer>();

  /** How many others are known. */
  get size(): number {
    return this.#peers.size;
  }

  /** Takes a peer's notice. Returns whether the dispatchers that are there to stay have changed. */
  heard(id: string, { serves, isLeaving }: DispatchingNotice): boolean {
    const known = this.#peers.get(id);
    if (isLeaving && serves.length === 0) return this.#peers.delete(id) && !known?.isLeaving;
    this.#peers.set(id, { serves: new Set(serves), isLeaving, missed: 0 });
    return isLeaving ? known?.isLeaving === false : known?.isLeaving !== false;
  }

  has(id: string): boolean {
    return this.#peers.has(id);
  }

  /** Another heartbeat of ours. Returns whether a peer is gone. */
  beat(): boolean {
    let isChanged = false;
    for (const [id, peer] of this.#peers) {
      peer.missed += 1;
      if (peer.missed > MISSED_LIMIT) isChanged = this.#peers.delete(id) || isChanged;
    }
    return isChanged;
  }

  /** While we were cut off, nobody could be heard. */
  forgive(): void {
    for (const peer of this.#peers.values()) peer.missed = 0;
  }

  /** Those that are there to stay. */
  staying(): readonly string[] {
    return [...this.#peers].flatMap(([id, { isLeaving }]) => (isLeaving ? [] : id));
  }

  /** Whether one that is there to stay serves the partition. */
  isServed(partition: number): boolean {
    return [...this.#peers.values()].some((peer) => !peer.isLeaving && peer.serves.has(partition));
  }

  serves(id: string, partition: number): boolean {
    return this.#peers.get(id)?.serves.has(partition) === true;
  }
}

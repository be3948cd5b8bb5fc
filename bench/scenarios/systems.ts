/** Ovation and its peers, as systems that can be started again and again for one comparison. */
import type { Watcher } from "../control/load.ts";
import type { System } from "../control/system.ts";
import { installPeers, PeerMissing } from "../peers/install.ts";
import { PEERS, startPeer } from "../peers/peer.ts";
import { type Options, stackOf } from "./scenario.ts";

export const OVATION = "ovation";

export interface Contestant {
  readonly name: string;
  /** Processes that hold viewers. */
  readonly processes: number;
  /** @throws PeerMissing when this machine can't run it */
  start(): Promise<System>;
}

/** Which of them `--system` names; all without it. */
export function isChosen(name: string, { systems }: Options): boolean {
  return systems.length === 0 || systems.includes(name);
}

/** @param processes gateways, and as many dispatchers; those of the options when it is left out */
export function ovationWith(options: Options, watcher: Watcher, processes?: number): Contestant {
  const sizes = processes === undefined ? {} : { gateways: processes, dispatchers: processes };
  return {
    name: OVATION,
    processes: processes ?? options.gateways ?? 2,
    start: () => stackOf(options, watcher, sizes),
  };
}

/** The peers that are chosen, installed if need be. */
export function chosenPeers(options: Options, watcher: Watcher): Contestant[] {
  const chosen = PEERS.filter(({ name }) => isChosen(name, options));
  if (chosen.length > 0) installPeers((text) => watcher.step(text));
  return chosen.map((peer) => ({
    name: peer.name,
    processes: peer.processes,
    start: () => startPeer(peer, (text) => watcher.step(text)),
  }));
}

/** What comes of it; if this machine can't run a peer, the reason is added to `skipped`. */
export async function orSkipped<T>(
  run: () => Promise<T>,
  skipped: string[],
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    skipped.push(error.message);
    return undefined;
  }
}

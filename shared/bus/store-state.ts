/** How full a bucket or stream is, and whether all of its replicas are there. */
import { type ClusterInfo, DiscardPolicy } from "@nats-io/jetstream";
import { millis } from "nats";
import type { Bus } from "./connection.ts";
import { StreamAccess } from "./stream-access.ts";

export interface StoreState {
  readonly messages: number;
  readonly bytes: number;
  /** Undefined: as many as there is room for. */
  readonly limitBytes: number | undefined;
  /** At a limit, its oldest messages are removed; otherwise new ones are refused. */
  readonly dropsOldest: boolean;
  /** How long ago the oldest message was stored; undefined: there is none. */
  readonly oldestMs: number | undefined;
  /** How long a message is kept; undefined: for ever. */
  readonly ageLimitMs: number | undefined;
  /** How many copies there should be, and how many of them are gone or lag behind. */
  readonly replicas: number;
  readonly replicasMissing: number;
}

/** @param cluster undefined on a server of its own */
function currentReplicas(cluster: ClusterInfo | undefined): number {
  const followers = cluster?.replicas ?? [];
  return 1 + followers.filter(({ current, offline }) => current && offline !== true).length;
}

/** Reads the state of one store, which only its leader tells. */
export class StoreStateReader {
  readonly name: string;
  readonly #access: StreamAccess;

  /** @param stream a bucket's begins with `KV_` */
  constructor(bus: Bus, stream: string) {
    this.name = stream.replace(/^KV_/, "");
    this.#access = new StreamAccess(bus, stream);
  }

  /** @throws Error when there is no such store, or no leader answers within two seconds */
  async read(): Promise<StoreState> {
    return await this.#access.manage(async (manager) => {
      const { config, state, cluster } = await manager.streams.info(this.#access.name);
      const replicas = config.num_replicas;
      return {
        messages: state.messages,
        bytes: state.bytes,
        limitBytes: config.max_bytes > 0 ? config.max_bytes : undefined,
        dropsOldest: config.discard === DiscardPolicy.Old,
        oldestMs: state.messages > 0 ? Date.now() - Date.parse(state.first_ts) : undefined,
        ageLimitMs: config.max_age > 0 ? millis(config.max_age) : undefined,
        replicas,
        replicasMissing: Math.max(0, replicas - currentReplicas(cluster)),
      };
    });
  }
}

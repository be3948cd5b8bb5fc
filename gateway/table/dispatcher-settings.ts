/** Checks at intervals whether the dispatchers have the same settings as this gateway. */
import type { Bus } from "../../shared/bus/connection.ts";
import { requestAll } from "../../shared/bus/request-all.ts";
import { decodeStatement } from "../../shared/protocol/common-settings.ts";
import { INSPECT_DISPATCHERS } from "../../shared/protocol/subjects.ts";
import type { SettingsPeers } from "../../shared/runtime/settings-peers.ts";

/** A healthy dispatcher answers in a millisecond. */
const ANSWERS_MS = 1_000;
const NOTHING = new Uint8Array();

export class DispatcherSettings {
  readonly #bus: Bus;
  readonly #intervalMs: number;
  readonly #peers: SettingsPeers;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param intervalMs between two checks */
  constructor(bus: Bus, intervalMs: number, peers: SettingsPeers) {
    this.#bus = bus;
    this.#intervalMs = intervalMs;
    this.#peers = peers;
  }

  start(): void {
    void this.#check();
    this.#timer = setInterval(() => void this.#check(), this.#intervalMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const answers = await requestAll(this.#bus, INSPECT_DISPATCHERS, NOTHING, ANSWERS_MS);
    // Without an answer, such as while NATS is away, there is nothing new to compare.
    if (answers.length === 0 || this.#isStopped) return;
    const present = new Set<string>();
    for (const answer of answers) {
      const statement = decodeStatement(answer);
      if (statement === undefined) continue;
      const peer = `dispatcher ${statement.dispatcher}`;
      present.add(peer);
      this.#peers.observe(peer, statement.settings);
    }
    this.#peers.keepOnly(present);
  }
}

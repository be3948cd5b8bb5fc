/** Peers whose settings differ from this process's: logged, and reported by /readyz. */
import { type CommonSettings, differenceOf } from "../protocol/common-settings.ts";
import type { Log } from "./log.ts";
import type { Condition } from "./ops.ts";

export class SettingsPeers {
  readonly #own: CommonSettings;
  readonly #log: Log;
  /** What differs, by peer, such as `dispatcher abc`. */
  readonly #differing = new Map<string, string>();

  constructor(own: CommonSettings, log: Log) {
    this.#own = own;
    this.#log = log;
  }

  /** @param settings undefined when the peer states none */
  observe(peer: string, settings: CommonSettings | undefined): void {
    const difference = settings === undefined ? "" : differenceOf(this.#own, settings);
    if (difference === "") return this.gone(peer);
    if (this.#differing.get(peer) === difference) return;
    this.#differing.set(peer, difference);
    this.#log.warn(
      { peer, difference },
      "another process has different settings: what one accepts, the other refuses",
    );
  }

  /** The peer is gone, or has the same settings now. */
  gone(peer: string): void {
    if (this.#differing.delete(peer)) {
      this.#log.info({ peer }, "the process with different settings is gone or has the same now");
    }
  }

  /** These peers exist: all others are gone. */
  keepOnly(peers: ReadonlySet<string>): void {
    for (const peer of [...this.#differing.keys()]) if (!peers.has(peer)) this.gone(peer);
  }

  get condition(): Condition {
    const [first] = this.#differing;
    if (first === undefined) return { name: "settings" };
    const [peer, difference] = first;
    const more = this.#differing.size - 1;
    const others = more === 0 ? "" : `; ${more} more differ`;
    return { name: "settings", warning: `${peer} has others: ${difference}${others}` };
  }
}

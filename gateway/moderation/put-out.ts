/**
 * Puts out the viewers of an actor that was banned. All that are connected are looked through, at
 * most once in a while, however many bans are set: no index of actors has to be kept for it.
 */
import type { BanSet } from "../../shared/moderation/ban-table.ts";

/** Between two searches: a ban holds within a second. */
const SEARCH_EVERY_MS = 100;

/** A viewer that may have to leave. */
interface Bannable {
  /** Who watches, if that is known. */
  readonly actor: string | undefined;
  /** Leaves the videos that its actor may not watch now. */
  leaveBanned(): void;
}

export class PutOut {
  readonly #viewers: () => Iterable<Bannable>;
  /** Actors that were banned since the last search; undefined: any may have been. */
  #actors: Set<string> | undefined = new Set();
  #timer: NodeJS.Timeout | undefined;

  /** @param viewers all that are connected */
  constructor(viewers: () => Iterable<Bannable>) {
    this.#viewers = viewers;
  }

  /** Call when a ban was set; with undefined, when any may have been. */
  set(ban: BanSet | undefined): void {
    if (ban === undefined) this.#actors = undefined;
    else if (ban.mode !== "ban") return;
    else this.#actors?.add(ban.actor);
    this.#timer ??= setTimeout(() => this.#search(), SEARCH_EVERY_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #search(): void {
    this.#timer = undefined;
    const actors = this.#actors;
    this.#actors = new Set();
    for (const viewer of this.#viewers()) {
      const { actor } = viewer;
      if (actor !== undefined && actors?.has(actor) !== false) viewer.leaveBanned();
    }
  }
}

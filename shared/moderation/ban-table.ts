/** The bans that a process knows, in little memory: there may be hundreds of thousands. */
import { BAN_MODES, type BanMode, decodeBan } from "../protocol/moderation/ban.ts";
import { parseActorEntryKey } from "../protocol/subjects.ts";

/** What is kept of a ban. */
export interface KnownBan {
  readonly mode: BanMode;
  /** When it ends, in milliseconds since 1970; null: never. */
  readonly untilMs: number | null;
  readonly revision: number;
}

/** A ban that was set. */
export interface BanSet {
  /** A video, or NO_VIDEO for everywhere. */
  readonly scope: string;
  readonly actor: string;
  readonly mode: BanMode;
}

export class BanTable {
  /** By video, or NO_VIDEO; the bans of each by the actor's hash, the one set last at the end. */
  readonly #scopes = new Map<string, Map<string, KnownBan>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Sets a ban, or removes it, as an entry of the bucket says; returns what was set. */
  adopt(key: string, value: Uint8Array | undefined, revision: number): BanSet | undefined {
    const place = parseActorEntryKey(key);
    if (place === undefined) return undefined;
    const ban = value === undefined ? undefined : decodeBan(value);
    this.#remove(place.scope, place.actor);
    if (ban === undefined) return undefined;
    const { untilMs } = ban;
    // One string for each mode, not one for each ban.
    const mode = BAN_MODES.find((one) => one === ban.mode) ?? ban.mode;
    let scope = this.#scopes.get(place.scope);
    if (scope === undefined) {
      scope = new Map();
      this.#scopes.set(flat(place.scope), scope);
    }
    scope.set(flat(place.actor), { mode, untilMs, revision });
    this.#size += 1;
    return { scope: place.scope, actor: ban.actor, mode };
  }

  /** @param actor its hash */
  get(scope: string, actor: string): KnownBan | undefined {
    return this.#scopes.get(scope)?.get(actor);
  }

  has(scope: string): boolean {
    return this.#scopes.has(scope);
  }

  /** The bans of a scope by the actor's hash, the one set last at the end. */
  of(scope: string): Iterable<readonly [actor: string, ban: KnownBan]> {
    return this.#scopes.get(scope) ?? [];
  }

  /** Those that have ended before a moment, in milliseconds since 1970. */
  *endedBefore(moment: number): Generator<readonly [scope: string, actor: string]> {
    for (const [scope, bans] of this.#scopes) {
      for (const [actor, { untilMs }] of bans) {
        if (untilMs !== null && untilMs < moment) yield [scope, actor];
      }
    }
  }

  #remove(video: string, actor: string): void {
    const scope = this.#scopes.get(video);
    if (scope?.delete(actor) !== true) return;
    this.#size -= 1;
    if (scope.size === 0) this.#scopes.delete(video);
  }
}

/** A copy that doesn't keep the text alive of which it is a part. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

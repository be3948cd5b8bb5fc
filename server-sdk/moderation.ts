/** Bans, and the record of what moderators do: of a video, or of all. */
import type { Ban, BanOptions, ModerationAct } from "../shared/protocol/moderation/view.ts";
import { OvationError } from "./error.ts";
import { type Http, pathOf } from "./http.ts";

/** The most that a page of bans or of the record has. */
const PAGE_LIMIT = 100;

/**
 * Bans, and the record of what moderators do. Of a video: {@link Video.moderation}; everywhere:
 * {@link Ovation.moderation}, which needs a grant of every video. All of it needs the scope
 * `moderate`, and what is done holds at every gateway within a second.
 *
 * @example
 * await video.moderation.ban("troll-7", { mode: "mute", forMs: 600_000, reason: "spam" });
 * await ovation.moderation.ban("troll-7", { mode: "ban" });
 */
export class Moderation {
  readonly #http: Http;
  readonly #base: readonly string[];

  /** @internal @param base the segments of the path before `bans` */
  constructor(http: Http, base: readonly string[]) {
    this.#http = http;
    this.#base = base;
  }

  /**
   * Bans an actor, in place of a ban that it has here.
   * @throws OvationError `field_invalid`, `bans_exceeded`, `forbidden`
   *
   * @example
   * const { untilMs } = await video.moderation.ban("troll-7", { mode: "mute", forMs: 600_000 });
   */
  async ban(actor: string, options: BanOptions): Promise<Ban> {
    const path = this.#pathOf("bans", actor);
    return await this.#ban({ method: "PUT", path, body: () => options });
  }

  /**
   * Takes a ban back. Resolves with it, or with undefined where none holds.
   *
   * @example
   * await video.moderation.unban("troll-7");
   */
  async unban(actor: string): Promise<Ban | undefined> {
    return await this.#orNone(this.#ban({ method: "DELETE", path: this.#pathOf("bans", actor) }));
  }

  /**
   * The ban of an actor; undefined where none holds.
   *
   * @example
   * const isBanned = (await video.moderation.banOf("troll-7")) !== undefined;
   */
  async banOf(actor: string): Promise<Ban | undefined> {
    return await this.#orNone(this.#ban({ method: "GET", path: this.#pathOf("bans", actor) }));
  }

  /**
   * The bans, the one set last first. They are read page by page, as the loop goes on.
   *
   * @example
   * for await (const { actor, mode, reason } of video.moderation.bans()) console.log(actor, mode, reason);
   */
  bans(): AsyncGenerator<Ban, void, undefined> {
    return this.#pages<Ban>(this.#pathOf("bans"), "bans");
  }

  /**
   * What moderators did, newest first. It is read page by page, as the loop goes on.
   *
   * @example
   * for await (const { act, by, target } of video.moderation.acts()) console.log(act, by, target);
   */
  acts(): AsyncGenerator<ModerationAct, void, undefined> {
    return this.#pages<ModerationAct>(this.#pathOf("moderation"), "acts");
  }

  #pathOf(...more: readonly string[]): string {
    return pathOf(...this.#base, ...more);
  }

  async #ban(request: Parameters<Http["send"]>[0]): Promise<Ban> {
    const { video: _, ...ban } = (await this.#http.send(request)).body;
    return ban as unknown as Ban;
  }

  /** A repeat of a request that was carried out finds no ban any more either. */
  async #orNone(ban: Promise<Ban>): Promise<Ban | undefined> {
    try {
      return await ban;
    } catch (error) {
      if (error instanceof OvationError && error.code === "ban_not_found") return undefined;
      throw error;
    }
  }

  async *#pages<Entry extends { readonly seq?: number }>(
    path: string,
    field: string,
  ): AsyncGenerator<Entry, void, undefined> {
    let before: number | undefined;
    do {
      const query = { limit: PAGE_LIMIT, before };
      const { body } = await this.#http.send({ method: "GET", path, query });
      const page = body[field] as readonly Entry[];
      yield* page;
      before = page.length < PAGE_LIMIT ? undefined : page.at(-1)?.seq;
    } while (before !== undefined);
  }
}

/** What the holder of a token, an API key or a ticket may do. On the hot path: only lookups. */
import { OvationError } from "../../shared/protocol/errors.ts";
import { SCOPES, type Scope } from "../../shared/protocol/rights.ts";
import { rightsByName, VideoPatterns } from "../../shared/protocol/video-patterns.ts";
import { actorKey, type ClientKey } from "../limits/client-key.ts";

/** A grant in serializable form. */
export interface GrantRecord {
  readonly actor?: string | undefined;
  readonly videos: readonly string[];
  /** Kinds that may be published, `*` for all; see `isKindPattern`. */
  readonly publish: readonly string[];
  /** See `isScope`. */
  readonly scopes: readonly string[];
  /** When it expires, in milliseconds since 1970; undefined: never. */
  readonly expiresAtMs?: number | undefined;
  /** The hash of the API key that it stems from, if any. */
  readonly apiKey?: string | undefined;
}

/**
 * - `backend`: of an API key, which no viewer has.
 * - `anyone`: without credentials, at a gateway that checks none.
 */
export type Holder = "viewer" | "backend" | "anyone";

/** How a viewer watches. */
interface Watching {
  /** It is not counted as a viewer. */
  readonly isHidden: boolean;
}

export class Grant {
  readonly record: GrantRecord;
  readonly #videos: VideoPatterns;
  readonly #kinds: ReadonlyMap<string, VideoPatterns>;
  readonly #scopes: ReadonlyMap<string, VideoPatterns>;
  readonly #holder: Holder;
  readonly #actorKey: ClientKey | undefined;
  readonly #name: string | undefined;
  /**
   * Who may repeat what its holder publishes: the same over all connections and gateways. Undefined
   * for a holder without a name.
   */
  readonly publisher: string | undefined;

  /** @param name of a backend's API key */
  constructor(record: GrantRecord, holder: Holder = "viewer", name?: string) {
    this.record = record;
    this.#holder = holder;
    this.#name = name;
    const { actor } = record;
    // Anyone may call himself anything, so only the address counts.
    const isKnown = actor !== undefined && holder !== "anyone";
    this.#actorKey = isKnown ? actorKey(actor) : undefined;
    if (actor !== undefined) this.publisher = `actor:${actor}`;
    else if (name !== undefined) this.publisher = `key:${name}`;
    this.#videos = new VideoPatterns(record.videos);
    this.#kinds = rightsByName(record.publish);
    this.#scopes = rightsByName(record.scopes);
  }

  /** Who holds it, if that is known. */
  get actor(): string | undefined {
    return this.record.actor;
  }

  /** Who its holder is, in the record of what moderators do: an actor, or an API key's name. */
  get name(): string | undefined {
    return this.actor ?? this.#name;
  }

  get expiresAtMs(): number | undefined {
    return this.record.expiresAtMs;
  }

  /** The time left, as its holder gets it, whose clock may be wrong; empty: it never expires. */
  lifeLeft(nowMs: number): { readonly expiresInMs?: number } {
    const { expiresAtMs } = this.record;
    if (expiresAtMs === undefined) return {};
    const leftMs = Math.max(0, Math.round(expiresAtMs - nowMs));
    return { expiresInMs: Math.min(leftMs, Number.MAX_SAFE_INTEGER) };
  }

  covers(video: string): boolean {
    return this.#videos.cover(video);
  }

  /** @throws OvationError `forbidden`, the same whether or not the video exists */
  requireVideo(video: string): void {
    if (this.covers(video)) return;
    throw new OvationError("forbidden", "video: not covered", { field: "video" });
  }

  /** @throws OvationError `forbidden` unless all videos are covered */
  requireEveryVideo(): void {
    if (this.#videos.isEvery) return;
    throw new OvationError("forbidden", "a grant of every video (*) is required");
  }

  /** @throws OvationError `forbidden` unless its holder moderates the video */
  requireModerator(video: string): void {
    this.requireVideo(video);
    if (this.mayModerate(video)) return;
    const where = this.#scopes.has("moderate") ? " for this video" : "";
    throw new OvationError("forbidden", `the scope moderate is required${where}`);
  }

  /** @throws OvationError `forbidden` unless its holder moderates all videos */
  requireModeratorOfAll(): void {
    this.requireEveryVideo();
    if (this.#scopes.get("moderate")?.isEvery === true) return;
    throw new OvationError("forbidden", "the scope moderate is required, for every video");
  }

  /**
   * Patterns of the videos that its holder moderates.
   * @throws OvationError `forbidden` when it moderates none
   */
  moderatedVideos(): readonly string[] {
    const scope = this.#scopes.get("moderate");
    const moderated = scope === undefined ? [] : this.#videos.and(scope);
    if (moderated.length > 0) return moderated;
    const where = scope === undefined ? "" : " for a video that is covered";
    throw new OvationError("forbidden", `the scope moderate is required${where}`);
  }

  /** Whether its holder may act as a moderator of the video. */
  mayModerate(video: string): boolean {
    return this.#scopes.get("moderate")?.cover(video) === true && this.covers(video);
  }

  /** Whether its holder moderates the video: its rules don't apply to moderators. */
  moderates(video: string): boolean {
    // Where no credentials are checked, everyone has every scope.
    return this.#holder !== "anyone" && this.mayModerate(video);
  }

  /** Whether its holder may watch the video, hidden or not. */
  mayWatch(video: string, { isHidden }: Watching): boolean {
    return this.covers(video) && (!isHidden || this.#scopes.has("observe"));
  }

  /** @throws OvationError `forbidden` */
  requireWatching(video: string, { isHidden }: Watching): void {
    this.requireVideo(video);
    if (isHidden) this.requireScope("observe", "hidden");
  }

  /**
   * @param video where it is published
   * @param field the kind's name in an error
   * @throws OvationError `forbidden`
   */
  requireKind(kind: string, video: string, field: string): void {
    if (this.#kinds.get(kind)?.cover(video) || this.#kinds.get("*")?.cover(video)) return;
    throw new OvationError("forbidden", `${field}: may not be published`, { field });
  }

  /**
   * Whom its holder counts as: its actor, or else its address.
   * @param address where the holder is
   */
  clientAt(address: ClientKey): ClientKey {
    return this.#actorKey ?? address;
  }

  /**
   * Whose limits over all gateways apply to publishes; undefined for a holder that is trusted to
   * publish for anyone.
   * @param address where the holder is
   */
  limitedAt(address: ClientKey): ClientKey | undefined {
    const isTrusted = this.#holder !== "anyone" && this.#scopes.has("any-actor");
    return isTrusted ? undefined : this.clientAt(address);
  }

  /** Whether its holder stands for many viewers: by an API key, or by `any-actor` in a token. */
  get isBackend(): boolean {
    if (this.#holder === "viewer") return this.#scopes.has("any-actor");
    return this.#holder === "backend";
  }

  /** @throws OvationError `forbidden` when nothing at all may be published on the video */
  requirePublishing(video: string): void {
    for (const videos of this.#kinds.values()) if (videos.cover(video)) return;
    throw new OvationError("forbidden", "kind: none may be published", { field: "kind" });
  }

  /** Whether reviewers need not be asked about what its holder publishes. */
  get isTrusted(): boolean {
    return this.#scopes.has("trusted");
  }

  /** Whether the holder's trace context is trusted. */
  get bringsTraces(): boolean {
    return this.#holder === "backend" || this.#scopes.has("any-actor");
  }

  /**
   * @param field what needs it, if that is one field of the request
   * @throws OvationError `forbidden`
   */
  requireScope(scope: Exclude<Scope, "moderate">, field?: string): void {
    if (this.#scopes.has(scope)) return;
    const about = field === undefined ? "" : `${field}: `;
    throw new OvationError("forbidden", `${about}the scope ${scope} is required`, { field });
  }

  /**
   * In whose name an event is published: without `any-actor`, always the holder's own.
   * @param field the actor's name in an error
   * @throws OvationError `forbidden`
   */
  actorOf(named: string | undefined, field: string): string | undefined {
    if (named === undefined || named === this.actor) return this.actor;
    if (this.#scopes.has("any-actor")) return named;
    throw new OvationError("forbidden", `${field}: another actor may not be named`, { field });
  }
}

/** What a connection without credentials may do. */
export const NO_GRANT = new Grant({ videos: [], publish: [], scopes: [] });

/** Reviewers are asked about what everyone publishes there. */
const OPEN_SCOPES = SCOPES.filter((scope) => scope !== "trusted");

/** What everyone may do at a gateway that checks no tokens. @param actor who it says that it is */
export function openGrant(actor?: string): Grant {
  return new Grant({ actor, videos: ["*"], publish: ["*"], scopes: OPEN_SCOPES }, "anyone");
}

/** Of those who don't say who they are. */
export const OPEN_GRANT = openGrant();

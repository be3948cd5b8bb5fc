/** What the holder of a token, an API key or a ticket may do. Asked on the hot path: only look-ups. */
import { OvationError } from "../../shared/protocol/errors.ts";
import { isBuiltIn, KIND_PATTERN } from "../../shared/protocol/kinds.ts";

/**
 * - `moderate`: take durable events back.
 * - `any-actor`: publish in anybody's name.
 */
export type Scope = "moderate" | "any-actor";
export const SCOPES: readonly Scope[] = ["moderate", "any-actor"];

/** A video id, or the beginning of one and a `*`; `*` alone is every video. */
export const VIDEO_GLOB = /^(?=.)[A-Za-z0-9_-]{0,128}\*?$/;
/** Most patterns in one grant: every check of a video goes through those with a `*`. */
export const PATTERNS_LIMIT = 100;

export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** The name of a kind that can be published, or `*` for every one. */
export function isKindPattern(text: string): boolean {
  return text === "*" || (KIND_PATTERN.test(text) && !isBuiltIn(text));
}

/** A grant as it is written down. */
export interface GrantRecord {
  readonly actor?: string | undefined;
  readonly videos: readonly string[];
  /** Kinds that may be published, `*` for all. */
  readonly publish: readonly string[];
  readonly scopes: readonly Scope[];
  /** When it ends, in milliseconds since 1970; undefined: never. */
  readonly expiresAtMs?: number | undefined;
}

export class Grant {
  readonly record: GrantRecord;
  readonly #videos: ReadonlySet<string>;
  readonly #prefixes: readonly string[];
  readonly #kinds: ReadonlySet<string>;
  readonly #scopes: ReadonlySet<Scope>;
  readonly #isBackend: boolean;

  /** @param isBackend whether it is an API key's: no viewer holds one */
  constructor(record: GrantRecord, isBackend = false) {
    this.record = record;
    this.#isBackend = isBackend;
    const isGlob = (pattern: string) => pattern.endsWith("*");
    this.#videos = new Set(record.videos.filter((pattern) => !isGlob(pattern)));
    this.#prefixes = record.videos.filter(isGlob).map((pattern) => pattern.slice(0, -1));
    this.#kinds = new Set(record.publish);
    this.#scopes = new Set(record.scopes);
  }

  /** Who it is that holds it, where that is known. */
  get actor(): string | undefined {
    return this.record.actor;
  }

  get expiresAtMs(): number | undefined {
    return this.record.expiresAtMs;
  }

  /** How long it goes on, as its holder is told it, whose clock may be wrong; empty: without end. */
  lifeLeft(nowMs: number): { readonly expiresInMs?: number } {
    const { expiresAtMs } = this.record;
    if (expiresAtMs === undefined) return {};
    const leftMs = Math.max(0, Math.round(expiresAtMs - nowMs));
    return { expiresInMs: Math.min(leftMs, Number.MAX_SAFE_INTEGER) };
  }

  covers(video: string): boolean {
    return this.#videos.has(video) || this.#prefixes.some((prefix) => video.startsWith(prefix));
  }

  /** @throws OvationError `forbidden`, the same whether or not there is such a video */
  requireVideo(video: string): void {
    if (this.covers(video)) return;
    throw new OvationError("forbidden", "video: not covered", { field: "video" });
  }

  /**
   * @param field what to call the kind in an error
   * @throws OvationError `forbidden`
   */
  requireKind(kind: string, field: string): void {
    if (this.#kinds.has(kind) || this.#kinds.has("*")) return;
    throw new OvationError("forbidden", `${field}: may not be published`, { field });
  }

  /** Whose own limits hold for what is published; undefined for who may publish for anybody. */
  get limitedActor(): string | undefined {
    return this.#scopes.has("any-actor") ? undefined : this.actor;
  }

  /** Whether what its holder says of a trace is believed. */
  get bringsTraces(): boolean {
    return this.#isBackend || this.#scopes.has("any-actor");
  }

  /** @throws OvationError `forbidden` */
  requireScope(scope: Scope): void {
    if (this.#scopes.has(scope)) return;
    throw new OvationError("forbidden", `the scope ${scope} is due`);
  }

  /**
   * In whose name an event is published: who may name nobody else publishes in its own.
   * @param field what to call the actor in an error
   * @throws OvationError `forbidden`
   */
  actorOf(named: string | undefined, field: string): string | undefined {
    if (named === undefined || named === this.actor) return this.actor;
    if (this.#scopes.has("any-actor")) return named;
    throw new OvationError("forbidden", `${field}: another actor may not be named`, { field });
  }
}

/** What a connection may do that has shown nothing yet. */
export const NO_GRANT = new Grant({ videos: [], publish: [], scopes: [] });

/** What everybody may do at a gateway that looks at no token. */
export const OPEN_GRANT = new Grant({ videos: ["*"], publish: ["*"], scopes: SCOPES });

/** Which videos a right is for: ids, and prefixes of ids. */

/** A video id, or a prefix of one and a `*`; `*` alone is every video. */
export const VIDEO_GLOB = /^(?=.)[A-Za-z0-9_-]{0,128}\*?$/;
/** Most patterns in one grant: every check of a video goes through those with a `*`. */
export const PATTERNS_LIMIT = 100;

export class VideoPatterns {
  readonly patterns: readonly string[];
  readonly #videos: ReadonlySet<string>;
  readonly #prefixes: readonly string[];

  constructor(patterns: readonly string[]) {
    this.patterns = patterns;
    this.#videos = new Set(patterns.filter((pattern) => !isGlob(pattern)));
    this.#prefixes = patterns.filter(isGlob).map((pattern) => pattern.slice(0, -1));
  }

  get isEmpty(): boolean {
    return this.#videos.size === 0 && this.#prefixes.length === 0;
  }

  get isEvery(): boolean {
    return this.#prefixes.includes("");
  }

  /** Patterns of the videos that both cover: no more than both have together. */
  and(other: VideoPatterns): readonly string[] {
    const inOther = this.patterns.filter((pattern) => other.#includes(pattern));
    const inThis = other.patterns.filter((pattern) => this.#includes(pattern));
    return [...new Set([...inOther, ...inThis])];
  }

  cover(video: string): boolean {
    return this.#videos.has(video) || this.#prefixes.some((prefix) => video.startsWith(prefix));
  }

  /** Whether all videos of a pattern are covered. */
  #includes(pattern: string): boolean {
    if (!isGlob(pattern)) return this.cover(pattern);
    return this.#prefixes.some((prefix) => pattern.slice(0, -1).startsWith(prefix));
  }
}

function isGlob(pattern: string): boolean {
  return pattern.endsWith("*");
}

/**
 * A right that may be for some videos only, such as `comment@team-*`; without `@`, it is for all
 * videos of the grant.
 */
export interface Right {
  readonly name: string;
  readonly pattern: string;
}

export function rightOf(text: string): Right {
  const at = text.indexOf("@");
  if (at < 0) return { name: text, pattern: "*" };
  return { name: text.slice(0, at), pattern: text.slice(at + 1) };
}

/** Which videos each right is for. */
export function rightsByName(texts: readonly string[]): ReadonlyMap<string, VideoPatterns> {
  const rights = Map.groupBy(texts.map(rightOf), ({ name }) => name);
  return new Map(
    [...rights].map(([name, all]) => [name, new VideoPatterns(all.map(({ pattern }) => pattern))]),
  );
}

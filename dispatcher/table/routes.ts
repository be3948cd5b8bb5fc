/**
 * The subscription table in memory: which live gateway has how many viewers of which video, indexed
 * for dispatching with one look-up per event.
 */
import { estimate } from "../../shared/lib/hyperloglog.ts";
import { frontendSubject, observedSubject } from "../../shared/protocol/subjects.ts";
import type { RowContent } from "../../shared/protocol/table.ts";
import type { VideoPatterns } from "../../shared/protocol/video-patterns.ts";

export interface Row extends RowContent {
  /** Revision of the row in its bucket. */
  readonly revision: number;
}

interface Route {
  readonly rows: Map<string, Row>;
  /** Gateways that announced that they watch; undefined when there are none. See announced.ts. */
  announced: Set<string> | undefined;
  /** Subjects of the live gateways and of observers, or undefined when they must be recomputed. */
  subjects: readonly string[] | undefined;
}

function isSame(one: RowContent, other: RowContent): boolean {
  if (one.viewers !== other.viewers || one.actors?.length !== other.actors?.length) return false;
  return one.actors === undefined || Buffer.compare(one.actors, other.actors ?? one.actors) === 0;
}

const NONE: readonly string[] = [];

export class RouteTable {
  readonly #routes = new Map<string, Route>();
  readonly #videosOf = new Map<string, Set<string>>();
  readonly #dead = new Set<string>();
  /** What services observe: see observers.ts. */
  #observed: VideoPatterns | undefined;
  #rowCount = 0;

  get rowCount(): number {
    return this.#rowCount;
  }

  get videoCount(): number {
    return this.#routes.size;
  }

  /**
   * Where an event of `video` goes: one subject per live gateway with viewers of it, and one for all
   * services that observe it.
   */
  subjects(video: string): readonly string[] {
    const route = this.#routes.get(video);
    if (route === undefined) return this.#observers(video);
    route.subjects ??= [
      ...this.#liveGateways(route).map((gateway) => frontendSubject(gateway, video)),
      ...this.#observers(video),
    ];
    return route.subjects;
  }

  /** How many live gateways have viewers of `video`. */
  gatewayCount(video: string): number {
    const route = this.#routes.get(video);
    return route === undefined ? 0 : this.#liveGateways(route).length;
  }

  #observers(video: string): readonly string[] {
    return this.#observed?.cover(video) === true ? [observedSubject(video)] : NONE;
  }

  /** From now on, events of these videos go to observers too. */
  observe(patterns: VideoPatterns | undefined): void {
    this.#observed = patterns;
    for (const route of this.#routes.values()) route.subjects = undefined;
  }

  #liveGateways({ rows, announced }: Route): string[] {
    const live = [...rows.keys()].filter((gateway) => !this.#dead.has(gateway));
    return announced === undefined ? live : [...new Set([...live, ...announced])];
  }

  /** From now on the gateway gets the video's events, whether it has a row or not. */
  announce(video: string, gateway: string): void {
    const route = this.#route(video);
    route.announced ??= new Set();
    route.announced.add(gateway);
    route.subjects = undefined;
  }

  /** From now on only the gateway's row counts. */
  endAnnounced(video: string, gateway: string): void {
    const route = this.#routes.get(video);
    if (route?.announced?.delete(gateway) !== true) return;
    if (route.announced.size === 0) route.announced = undefined;
    route.subjects = undefined;
    this.#dropEmpty(video, route);
  }

  /**
   * An estimate of how many different actors watch `video`; undefined if a live gateway with viewers
   * of it doesn't tell.
   */
  actors(video: string): number | undefined {
    const sketches: Uint8Array[] = [];
    for (const [gateway, { viewers, actors }] of this.#routes.get(video)?.rows ?? []) {
      if (this.#dead.has(gateway)) continue;
      if (actors !== undefined) sketches.push(actors);
      else if (viewers > 0) return undefined;
    }
    return estimate(sketches);
  }

  /** Viewers of `video` across all live gateways. */
  viewers(video: string): number {
    let sum = 0;
    for (const [gateway, row] of this.#routes.get(video)?.rows ?? []) {
      if (!this.#dead.has(gateway)) sum += row.viewers;
    }
    return sum;
  }

  /** All videos that have a row, or are announced. */
  videos(): IterableIterator<string> {
    return this.#routes.keys();
  }

  row(video: string, gateway: string): Row | undefined {
    return this.#routes.get(video)?.rows.get(gateway);
  }

  /** Writes a row. Returns whether that changed where events go or how many viewers there are. */
  set(video: string, gateway: string, row: Row): boolean {
    const route = this.#route(video);
    const before = route.rows.get(gateway);
    route.rows.set(gateway, row);
    this.endAnnounced(video, gateway);
    if (before !== undefined) return !isSame(before, row);
    route.subjects = undefined;
    this.#rowCount += 1;
    const videos = this.#videosOf.get(gateway);
    if (videos === undefined) this.#videosOf.set(gateway, new Set([video]));
    else videos.add(video);
    return true;
  }

  /** Removes a row. Returns whether there was one. */
  remove(video: string, gateway: string): boolean {
    const route = this.#routes.get(video);
    if (route?.rows.delete(gateway) !== true) return false;
    route.subjects = undefined;
    this.#dropEmpty(video, route);
    this.#rowCount -= 1;
    const videos = this.#videosOf.get(gateway);
    videos?.delete(video);
    if (videos?.size === 0) {
      this.#videosOf.delete(gateway);
      this.#dead.delete(gateway);
    }
    return true;
  }

  /** Rows of a dead gateway stay, but don't count. Returns whether that is a change. */
  setDead(gateway: string, dead: boolean): boolean {
    const videos = this.#videosOf.get(gateway);
    if (videos === undefined || this.#dead.has(gateway) === dead) return false;
    if (dead) this.#dead.add(gateway);
    else this.#dead.delete(gateway);
    for (const video of videos) {
      const route = this.#routes.get(video);
      if (route !== undefined) route.subjects = undefined;
    }
    return true;
  }

  #route(video: string): Route {
    const known = this.#routes.get(video);
    if (known !== undefined) return known;
    const route: Route = { rows: new Map(), announced: undefined, subjects: undefined };
    this.#routes.set(video, route);
    return route;
  }

  #dropEmpty(video: string, route: Route): void {
    if (route.rows.size === 0 && route.announced === undefined) this.#routes.delete(video);
  }

  videosOf(gateway: string): ReadonlySet<string> {
    return this.#videosOf.get(gateway) ?? new Set();
  }

  gateways(): IterableIterator<string> {
    return this.#videosOf.keys();
  }

  *rows(): IterableIterator<{ video: string; gateway: string; row: Row }> {
    for (const [video, route] of this.#routes) {
      for (const [gateway, row] of route.rows) yield { video, gateway, row };
    }
  }
}

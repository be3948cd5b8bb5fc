/**
 * A match that thousands watch, in small: gateways and dispatchers as processes, viewers at each
 * gateway, a crowd that likes and votes through whichever gateway is there, and what all of them
 * were told.
 */
import { setTimeout as wait } from "node:timers/promises";
import { names } from "../../support/guarantee-stack.ts";
import { startTestNats, type TestNats } from "../../support/nats.ts";
import { MVP, vote } from "../../support/polls.ts";
import { type RoleProcess, spawnRole } from "../../support/process.ts";
import { totalsOf } from "../../support/totals.ts";
import { type Inbox, TestSocket, watch } from "../../support/viewer.ts";

export const VIDEO = "match";
/** Connections that like, and how often each does. */
const LIKERS = 25;
const LIKE_EVERY_MS = 50;
const VOTERS = 4;
/** After a connection or a request failed. */
const AGAIN_MS = 50;
const KINDS = ["--kinds", "like:transient,vote:vote,score:state"];

export const likesShown = (viewer: Inbox): number => totalsOf(viewer, VIDEO)?.["like"] ?? 0;

/** The processes. Those that are killed are replaced by others. */
export class Match {
  readonly nats: TestNats;
  readonly gateways: RoleProcess[] = [];
  readonly dispatchers: RoleProcess[] = [];

  private constructor(nats: TestNats) {
    this.nats = nats;
  }

  static async start(size: { readonly gateways: number; readonly dispatchers: number }) {
    const match = new Match(await startTestNats());
    for (let count = 0; count < size.dispatchers; count += 1) {
      match.dispatchers.push(await match.spawn("dispatcher"));
    }
    for (let count = 0; count < size.gateways; count += 1) {
      match.gateways.push(await match.spawn("gateway"));
    }
    return match;
  }

  async spawn(role: "gateway" | "dispatcher"): Promise<RoleProcess> {
    const patience = role === "gateway" ? ["--request-timeout-ms", "2000"] : [];
    return await spawnRole(role, this.nats.url, [...KINDS, ...patience]);
  }

  async end(): Promise<void> {
    for (const node of [...this.gateways, ...this.dispatchers]) await node.kill9();
    await this.nats.stop();
  }
}

/** Those who like and vote, each through the next gateway when theirs is gone. */
export class Crowd {
  /** Likes that were sent, and those of them that were acknowledged. */
  readonly likes = { sent: 0, accepted: 0 };
  /** Votes of each choice that were acknowledged; each actor repeats its vote until then. */
  readonly votes = MVP.choices.map(() => 0);
  /** Errors that voters got, by code: none of them may say that an actor has voted. */
  readonly voteErrors = new Set<string>();
  readonly #match: Match;
  #isOver = false;
  readonly #all: readonly Promise<void>[];

  constructor(match: Match) {
    this.#match = match;
    this.#all = [
      ...Array.from({ length: LIKERS }, (_, at) => this.#like(at)),
      ...names("voter", VOTERS).map((name, at) => this.#vote(name, at)),
    ];
  }

  get likers(): number {
    return LIKERS;
  }

  /** Resolves when each has the answer to what it sent last. */
  async goHome(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#all);
  }

  #portAt(index: number): number {
    const { gateways } = this.#match;
    return gateways[index % gateways.length]?.port ?? 0;
  }

  async #like(first: number): Promise<void> {
    for (let index = first; !this.#isOver; index += 1) {
      const socket = await TestSocket.connect(this.#portAt(index)).catch(() => undefined);
      if (socket === undefined) await wait(AGAIN_MS);
      while (socket !== undefined && socket.closed === undefined && !this.#isOver) {
        const next = wait(LIKE_EVERY_MS);
        this.likes.sent += 1;
        const asked = socket.ask("publish", { video: VIDEO, kind: "like" });
        const gone = socket.untilClosed().then(() => undefined);
        const answer = await Promise.race([asked, gone]);
        if (answer?.op === "result") this.likes.accepted += 1;
        await next;
      }
      await socket?.close();
    }
  }

  async #vote(name: string, first: number): Promise<void> {
    let index = first;
    for (let actor = 0; !this.#isOver; actor += 1) {
      const choice = actor % MVP.choices.length;
      for (;;) {
        const node = { port: this.#portAt(index) };
        const outcome = await vote(node, VIDEO, `${name}-${actor}`, choice).catch(() => "cut off");
        if (outcome === "counted") break;
        this.voteErrors.add(outcome);
        index += 1;
        await wait(AGAIN_MS);
      }
      this.votes[choice] = (this.votes[choice] ?? 0) + 1;
    }
  }
}

/** A viewer at each gateway: who loses its gateway comes back at the one in its place. */
export class Stands {
  readonly #match: Match;
  #viewers: Inbox[] = [];
  /** Those who were cut off. */
  readonly #gone: Inbox[] = [];

  constructor(match: Match) {
    this.#match = match;
  }

  get viewers(): readonly Inbox[] {
    return this.#viewers;
  }

  /** Everybody who ever watched. */
  get everyone(): readonly Inbox[] {
    return [...this.#gone, ...this.#viewers];
  }

  /** The highest total of likes that anybody was shown. */
  get shown(): number {
    return Math.max(0, ...this.everyone.map(likesShown));
  }

  async fill(): Promise<void> {
    this.#gone.push(...this.#viewers);
    this.#viewers = await Promise.all(
      this.#match.gateways.map(({ port }) => watch("json", port, VIDEO)),
    );
  }

  async empty(): Promise<void> {
    for (const viewer of this.everyone) if (viewer instanceof TestSocket) await viewer.close();
  }
}

/** Viewers that keep moving from video to video. */
import { setTimeout as wait } from "node:timers/promises";
import { Ovation } from "../../../sdk/index.ts";
import { rowKey } from "../../../shared/protocol/subjects.ts";
import { eventually } from "../../support/eventually.ts";

interface RoamingViewer {
  readonly ovation: Ovation;
  /** Videos that it watches, oldest first, each with the function that leaves it. */
  readonly watched: { readonly video: string; readonly leave: () => void }[];
}

/** Videos that each of them watches at once. */
const AT_ONCE = 3;

export class Churn {
  /** How often a viewer moved to another video. */
  moves = 0;
  readonly #videos: number;
  readonly #roamingViewers: readonly RoamingViewer[];
  readonly #loop: Promise<void>;
  #isStopped = false;

  /** @param videos how many there are to choose from */
  constructor(urls: readonly string[], viewers: number, videos: number, pauseMs: number) {
    this.#videos = videos;
    this.#roamingViewers = Array.from({ length: viewers }, (_, index) => {
      const from = index % urls.length;
      const url = [...urls.slice(from), ...urls.slice(0, from)];
      return { ovation: new Ovation({ url }), watched: [] };
    });
    this.#loop = this.#run(pauseMs);
  }

  /** Stops all moves, and resolves when every viewer is connected. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
    await eventually(() =>
      this.#roamingViewers.every(({ ovation }) => ovation.state.name === "connected"),
    );
  }

  /** The rows that the table must have for these viewers: key to viewers. */
  rows(): Map<string, number> {
    const rows = new Map<string, number>();
    for (const { ovation, watched } of this.#roamingViewers) {
      if (ovation.state.name !== "connected") throw new Error("one is not connected");
      for (const { video } of watched) {
        const key = rowKey(video, ovation.state.gateway ?? "");
        rows.set(key, (rows.get(key) ?? 0) + 1);
      }
    }
    return rows;
  }

  close(): void {
    this.#isStopped = true;
    for (const { ovation } of this.#roamingViewers) ovation.close();
  }

  async #run(pauseMs: number): Promise<void> {
    while (!this.#isStopped) {
      const one = this.#roamingViewers[this.moves % this.#roamingViewers.length];
      if (one !== undefined) this.#move(one);
      this.moves += 1;
      await wait(pauseMs);
    }
  }

  #move({ ovation, watched }: RoamingViewer): void {
    const video = `video-${Math.floor(Math.random() * this.#videos)}`;
    if (watched.some((other) => other.video === video)) return;
    watched.push({ video, leave: ovation.video(video).watch() });
    if (watched.length > AT_ONCE) watched.shift()?.leave();
  }
}

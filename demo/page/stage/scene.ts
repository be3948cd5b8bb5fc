/**
 * The video: a drawn concert. It follows the time of day, so that all windows show the same, and the
 * audience: viewers fill the floor, and likes and reactions make it move.
 */
import { sharedNow } from "../../clock.ts";
import { REACTION_KIND } from "../../contract.ts";
import { drummer, guitarist, singer } from "./band.ts";
import { Crowd } from "./crowd.ts";
import { risingHearts, risingReactions } from "./figures.ts";
import { Lights } from "./lights.ts";
import type { Brush, Sprite } from "./sprite.ts";

/** The units that everything is drawn in; the canvas may have more or fewer pixels. */
export const SCENE_WIDTH = 960;
export const SCENE_HEIGHT = 540;

const BEATS_PER_MS = 104 / 60_000;
/** How quickly the excitement rises and fades. */
const STIR_MS = 900;
/** This many likes per second are the highest excitement. */
const FRENZY = 3_000;

/** The still picture for reduced motion. */
const STILL = { beat: 2.25, energy: 0.4 };

export class Scene {
  viewers = 0;
  readonly #hearts = risingHearts();
  readonly #reactions = risingReactions();
  readonly #lights = new Lights(SCENE_WIDTH, SCENE_HEIGHT);
  readonly #crowd = new Crowd();
  readonly #band: { readonly singer: Sprite; readonly guitarist: Sprite; readonly drummer: Sprite };
  /** Likes and reactions per second, smoothed. */
  #rate = 0;
  #added = 0;

  constructor() {
    this.#band = { singer: singer(), guitarist: guitarist(), drummer: drummer() };
  }

  /** @param counts of a frame, by kind and by `kind:variant` */
  add(counts: Readonly<Record<string, number>>): void {
    const { like = 0, [REACTION_KIND]: reactions = 0 } = counts;
    this.#added += like + reactions;
    this.#hearts.add(like);
    if (reactions === 0) return;
    for (const [variant, rising] of this.#reactions) {
      rising.add(counts[`${REACTION_KIND}:${variant}`] ?? 0);
    }
  }

  step(elapsedMs: number): void {
    const now = (this.#added / elapsedMs) * 1_000;
    this.#added = 0;
    this.#rate += (now - this.#rate) * Math.min(1, elapsedMs / STIR_MS);
    this.#hearts.step(elapsedMs);
    for (const rising of this.#reactions.values()) rising.step(elapsedMs);
  }

  /**
   * Draws everything except what rises.
   * @param isStill draws a still picture
   */
  drawShow(brush: Brush, isStill: boolean): void {
    const beat = isStill ? STILL.beat : (sharedNow() * BEATS_PER_MS) % 4_096;
    const stirred = Math.min(1, Math.log1p(this.#rate) / Math.log1p(FRENZY));
    const energy = isStill ? STILL.energy : stirred;
    this.#lights.drawBehind(brush, { beat, energy });
    this.#drawBand(brush, beat, energy);
    this.#crowd.draw(brush, SCENE_WIDTH, SCENE_HEIGHT, this.viewers, beat, energy);
  }

  drawRising(brush: Brush): void {
    this.#hearts.draw(brush, SCENE_WIDTH, SCENE_HEIGHT);
    for (const rising of this.#reactions.values()) rising.draw(brush, SCENE_WIDTH, SCENE_HEIGHT);
  }

  #drawBand(brush: Brush, beat: number, energy: number): void {
    const floor = SCENE_HEIGHT * 0.77;
    brush.fillStyle = "#0b070c";
    brush.fillRect(0, floor - 4, SCENE_WIDTH, SCENE_HEIGHT - floor + 4);
    this.#lights.drawSpill(brush, floor, energy);
    brush.fillRect(SCENE_WIDTH * 0.36, floor - 34, SCENE_WIDTH * 0.28, 34);
    const bob = (phase: number) => Math.sin(beat * 3.14 + phase) * (1 + 4 * energy);
    const put = (picture: Sprite, x: number, y: number, width: number, height: number) =>
      brush.drawImage(picture, x, y, width, height);
    put(this.#band.drummer, SCENE_WIDTH / 2 - 110, floor - 182 + bob(1) * 0.4, 220, 150);
    put(this.#band.guitarist, SCENE_WIDTH * 0.2, floor - 178 + bob(2), 144, 180);
    put(this.#band.singer, SCENE_WIDTH * 0.66, floor - 190 + bob(0), 114, 190);
  }
}

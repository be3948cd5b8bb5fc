/**
 * Paints a scene on a canvas, frame by frame, as finely as the machine can without stumbling. The
 * show itself is painted as often as a film has pictures, the hearts before it with every frame.
 */
import { SCENE_HEIGHT, SCENE_WIDTH, type Scene } from "./scene.ts";
import type { Brush } from "./sprite.ts";

/** Pixels by pixel of the scene: no more than the screen shows, and fewer if painting is slow. */
const FINEST = 1.5;
const COARSEST = 0.6;
const COARSER = 0.85;
/** Frames that are looked at before the fineness changes. */
const LOOK_FRAMES = 60;
/** Frames that come this much later than the screen's own pace are late for our painting. */
const LATE = 1.1;
const SHOW_EVERY_MS = 30;
/** A frame after a hidden tab, or a sleep, is no long one. */
const LONGEST_STEP_MS = 100;

export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #scene: Scene;
  readonly #isStill: () => boolean;
  readonly #show = document.createElement("canvas");
  #frame = 0;
  #before = 0;
  #shownAt = Number.NEGATIVE_INFINITY;
  #shownViewers = Number.NaN;
  #fineness = FINEST;
  #lookedMs = 0;
  #lookedFrames = 0;
  /** The shortest time from frame to frame: that of the screen. */
  #paceMs = Number.POSITIVE_INFINITY;

  constructor(canvas: HTMLCanvasElement, scene: Scene, isStill: () => boolean) {
    this.#canvas = canvas;
    this.#scene = scene;
    this.#isStill = isStill;
  }

  start(): void {
    this.#before = performance.now();
    this.#frame = requestAnimationFrame(this.#next);
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
  }

  readonly #next = (now: number): void => {
    this.#frame = requestAnimationFrame(this.#next);
    const elapsedMs = Math.min(LONGEST_STEP_MS, Math.max(1, now - this.#before));
    this.#before = now;
    this.#scene.step(elapsedMs);
    const isStill = this.#isStill();
    if (!isStill) this.#judge(elapsedMs);
    const isResized = this.#fit();
    // Without motion, the picture changes only as the crowd does.
    const isDue = isStill
      ? this.#scene.viewers !== this.#shownViewers
      : now - this.#shownAt >= SHOW_EVERY_MS;
    if (isDue || isResized) {
      this.#shownAt = now;
      this.#shownViewers = this.#scene.viewers;
      const brush = brushOf(this.#show);
      if (brush !== undefined) this.#scene.drawShow(brush, isStill);
    } else if (isStill) return;
    this.#paint(isStill);
  };

  #paint(isStill: boolean): void {
    const brush = brushOf(this.#canvas);
    if (brush === undefined) return;
    brush.drawImage(this.#show, 0, 0, SCENE_WIDTH, SCENE_HEIGHT);
    if (!isStill) this.#scene.drawHearts(brush);
  }

  /** Paints more coarsely when frames are late: how long painting takes can't be known otherwise. */
  #judge(elapsedMs: number): void {
    this.#lookedMs += elapsedMs;
    this.#lookedFrames += 1;
    if (this.#lookedFrames < LOOK_FRAMES) return;
    const averageMs = this.#lookedMs / this.#lookedFrames;
    this.#paceMs = Math.min(this.#paceMs, averageMs);
    if (averageMs > LATE * this.#paceMs) {
      this.#fineness = Math.max(COARSEST, this.#fineness * COARSER);
    }
    this.#lookedMs = this.#lookedFrames = 0;
  }

  /** Makes the canvas as many pixels large as it is shown, within bounds. True if it changed. */
  #fit(): boolean {
    const shown = this.#canvas.clientWidth * devicePixelRatio;
    const finest = SCENE_WIDTH * this.#fineness;
    const width = Math.round(Math.max(8, Math.min(shown, finest)) / 8) * 8;
    if (this.#canvas.width === width && this.#show.width === width) return false;
    for (const canvas of [this.#canvas, this.#show]) {
      canvas.width = width;
      canvas.height = Math.round((width * SCENE_HEIGHT) / SCENE_WIDTH);
    }
    return true;
  }
}

/** A brush that paints in the units of the scene. */
function brushOf(canvas: HTMLCanvasElement): Brush | undefined {
  const brush = canvas.getContext("2d", { alpha: false });
  if (brush === null) return undefined;
  const scale = canvas.width / SCENE_WIDTH;
  brush.setTransform(scale, 0, 0, scale, 0, 0);
  return brush;
}

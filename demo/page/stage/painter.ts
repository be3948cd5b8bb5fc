/**
 * Paints a scene on a canvas, frame by frame, at the highest resolution that the machine can paint
 * smoothly. The show itself is repainted at about a film's frame rate, what rises with every frame.
 */
import { SCENE_HEIGHT, SCENE_WIDTH, type Scene } from "./scene.ts";
import type { Brush } from "./sprite.ts";

/** Canvas pixels per scene pixel: no more than the screen shows, and fewer if painting is slow. */
const MAX_RESOLUTION = 1.5;
const MIN_RESOLUTION = 0.6;
const REDUCTION = 0.85;
/** Frames that are measured before the resolution changes. */
const SAMPLE_FRAMES = 60;
/** Frames later than the screen's own interval by this factor are delayed by painting. */
const LATE = 1.1;
const SHOW_EVERY_MS = 30;
/** Caps the first frame's time after a hidden tab or a sleep. */
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
  #resolution = MAX_RESOLUTION;
  #sampledMs = 0;
  #sampledFrames = 0;
  /** The shortest time between frames: the screen's own. */
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
    if (!isStill) this.#adaptResolution(elapsedMs);
    const isResized = this.#fit();
    // With reduced motion, the picture changes only with the crowd.
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
    if (!isStill) this.#scene.drawRising(brush);
  }

  /** Lowers the resolution when frames are late: painting time can't be measured otherwise. */
  #adaptResolution(elapsedMs: number): void {
    this.#sampledMs += elapsedMs;
    this.#sampledFrames += 1;
    if (this.#sampledFrames < SAMPLE_FRAMES) return;
    const averageMs = this.#sampledMs / this.#sampledFrames;
    this.#paceMs = Math.min(this.#paceMs, averageMs);
    if (averageMs > LATE * this.#paceMs) {
      this.#resolution = Math.max(MIN_RESOLUTION, this.#resolution * REDUCTION);
    }
    this.#sampledMs = this.#sampledFrames = 0;
  }

  /** Resizes the canvas to its displayed size, within bounds. True if it changed. */
  #fit(): boolean {
    const shown = this.#canvas.clientWidth * devicePixelRatio;
    const finest = SCENE_WIDTH * this.#resolution;
    const width = Math.round(Math.max(8, Math.min(shown, finest)) / 8) * 8;
    if (this.#canvas.width === width && this.#show.width === width) return false;
    for (const canvas of [this.#canvas, this.#show]) {
      canvas.width = width;
      canvas.height = Math.round((width * SCENE_HEIGHT) / SCENE_WIDTH);
    }
    return true;
  }
}

/** A brush that paints in the scene's units. */
function brushOf(canvas: HTMLCanvasElement): Brush | undefined {
  const brush = canvas.getContext("2d", { alpha: false });
  if (brush === null) return undefined;
  const scale = canvas.width / SCENE_WIDTH;
  brush.setTransform(scale, 0, 0, scale, 0, 0);
  return brush;
}

/** Paints a scene on a canvas, frame by frame, as finely as the machine can without stumbling. */
import { SCENE_HEIGHT, SCENE_WIDTH, type Scene } from "./scene.ts";

/** Pixels by pixel of the scene: no more than the screen shows, and fewer if painting is slow. */
const FINEST = 1.5;
const COARSEST = 0.5;
const COARSER = 0.8;
/** Frames that are looked at before the fineness changes. */
const LOOK_FRAMES = 45;
/** Painting that takes longer than this leaves too little of a frame to the rest of the page. */
const SLOW_MS = 8;
/** A frame after a hidden tab, or a sleep, is no long one. */
const LONGEST_STEP_MS = 100;
/** Without motion, the picture changes only as the crowd does. */
const STILL_EVERY_MS = 1_000;

export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #scene: Scene;
  readonly #isStill: () => boolean;
  #frame = 0;
  #before = 0;
  #paintedAt = 0;
  #spentMs = 0;
  #frames = 0;
  #fineness = FINEST;

  constructor(canvas: HTMLCanvasElement, scene: Scene, isStill: () => boolean) {
    this.#canvas = canvas;
    this.#scene = scene;
    this.#isStill = isStill;
  }

  start(): void {
    this.#before = performance.now();
    this.#paintedAt = 0;
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
    if (isStill && now - this.#paintedAt < STILL_EVERY_MS) return;
    this.#paintedAt = now;
    this.#paint(isStill);
  };

  #paint(isStill: boolean): void {
    const began = performance.now();
    this.#fit();
    const brush = this.#canvas.getContext("2d", { alpha: false });
    if (brush === null) return;
    const scale = this.#canvas.width / SCENE_WIDTH;
    brush.setTransform(scale, 0, 0, scale, 0, 0);
    this.#scene.draw(brush, isStill);
    this.#spentMs += performance.now() - began;
    this.#frames += 1;
    if (this.#frames < LOOK_FRAMES) return;
    if (this.#spentMs / this.#frames > SLOW_MS) {
      this.#fineness = Math.max(COARSEST, this.#fineness * COARSER);
    }
    this.#spentMs = this.#frames = 0;
  }

  /** Makes the canvas as many pixels large as it is shown, within bounds. */
  #fit(): void {
    const shown = this.#canvas.clientWidth * devicePixelRatio;
    const finest = SCENE_WIDTH * this.#fineness;
    const width = Math.round(Math.max(1, Math.min(shown, finest)) / 8) * 8 || 8;
    if (this.#canvas.width === width) return;
    this.#canvas.width = width;
    this.#canvas.height = Math.round((width * SCENE_HEIGHT) / SCENE_WIDTH);
  }
}

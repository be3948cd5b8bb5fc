/**
 * Symbols that rise on a canvas. However many likes arrive, a bounded number is drawn, and nothing is
 * while nothing rises.
 */

/** Draws a symbol into a square of this side. */
export type Painter = (context: CanvasRenderingContext2D, side: number, symbol: string) => void;

/** At once; a symbol rises for two to three seconds. */
const MOST = 60;
/** How many may wait for their turn: a burst lasts a moment longer, not for minutes. */
const MOST_WAITING = 20;
/** The least time between two that begin, so that they are seen one by one. */
const APART_MS = 45;
const SIZE_PX = 30;
/** How far from where they start, at most. */
const SPREAD_PX = 22;
/** The share of its way on which a symbol grows, and from which it fades. */
const GROWN = 0.12;
const FADES = 0.55;

interface Particle {
  readonly symbol: string;
  readonly bornAt: number;
  readonly lifeMs: number;
  /** Of its centre, from the left. */
  readonly xPx: number;
  readonly sway: number;
  readonly size: number;
}

interface Waiting {
  readonly symbol: string;
  readonly over: HTMLElement | undefined;
}

export class Rising {
  readonly #canvas: HTMLCanvasElement;
  readonly #paint: Painter;
  readonly #sprites = new Map<string, HTMLCanvasElement>();
  #colour = "";
  #particles: Particle[] = [];
  #waiting: Waiting[] = [];
  #frame = 0;
  #lastAt = 0;

  constructor(canvas: HTMLCanvasElement, paint: Painter) {
    this.#canvas = canvas;
    this.#paint = paint;
  }

  /** @param over from above which they rise, in a box as wide as the canvas; by default its middle */
  rise(symbol: string, count: number, over?: HTMLElement): void {
    const room = Math.min(count, MOST_WAITING - this.#waiting.length);
    for (let n = 0; n < room; n += 1) this.#waiting.push({ symbol, over });
    this.#frame ||= requestAnimationFrame((now) => this.#begin(now));
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#particles = [];
    this.#waiting = [];
  }

  /** Sizes are read once, before a row of frames. */
  #begin(now: number): void {
    const canvas = this.#canvas;
    const scale = devicePixelRatio;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = canvas.clientHeight * scale;
    const { color } = getComputedStyle(canvas);
    if (color !== this.#colour) this.#sprites.clear();
    this.#colour = color;
    this.#draw(now);
  }

  #draw(now: number): void {
    if (now - this.#lastAt >= APART_MS && this.#particles.length < MOST) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        const { symbol, over } = next;
        const xPx =
          over === undefined
            ? this.#canvas.clientWidth / 2
            : over.offsetLeft + over.offsetWidth / 2;
        this.#particles.push(particle(symbol, xPx, now));
      }
      this.#lastAt = now;
    }
    this.#particles = this.#particles.filter(({ bornAt, lifeMs }) => now - bornAt < lifeMs);
    const context = this.#canvas.getContext("2d");
    const { width, height } = this.#canvas;
    context?.clearRect(0, 0, width, height);
    for (const one of this.#particles) {
      const way = (now - one.bornAt) / one.lifeMs;
      const side = SIZE_PX * devicePixelRatio * one.size * Math.min(1, 0.4 + way / GROWN);
      const sway = Math.sin(way * 7 + one.sway) * side * 0.4 * way;
      const left = one.xPx * devicePixelRatio - side / 2 + sway;
      if (context === null) continue;
      context.globalAlpha = Math.min(1, (1 - way) / (1 - FADES));
      context.drawImage(this.#sprite(one.symbol), left, (height - side) * (1 - way), side, side);
    }
    const isOver = this.#particles.length === 0 && this.#waiting.length === 0;
    this.#frame = isOver ? 0 : requestAnimationFrame((next) => this.#draw(next));
  }

  /** Drawn once for each symbol: a text or a path is slow to draw. */
  #sprite(symbol: string): HTMLCanvasElement {
    let sprite = this.#sprites.get(symbol);
    if (sprite === undefined) {
      sprite = document.createElement("canvas");
      const side = Math.ceil(SIZE_PX * devicePixelRatio * 1.2);
      sprite.width = sprite.height = side;
      const context = sprite.getContext("2d");
      if (context !== null) {
        context.fillStyle = this.#colour;
        this.#paint(context, side, symbol);
      }
      this.#sprites.set(symbol, sprite);
    }
    return sprite;
  }
}

function particle(symbol: string, xPx: number, bornAt: number): Particle {
  return {
    symbol,
    bornAt,
    lifeMs: 1_800 + Math.random() * 1_200,
    xPx: xPx + (Math.random() * 2 - 1) * SPREAD_PX,
    sway: Math.random() * 6,
    size: 0.7 + Math.random() * 0.5,
  };
}

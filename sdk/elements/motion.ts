/** What moves, for viewers who have not asked for less motion; the code is loaded with the first symbol. */
import type { Painter, Rising } from "./rising.ts";

function isStill(): boolean {
  return document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** A button that was pressed. */
export function bounce(button: HTMLElement): void {
  if (!isStill()) button.animate([{ scale: 0.88 }, { scale: 1.06 }, { scale: 1 }], 220);
}

/** Symbols that rise on a canvas. */
export class Motion {
  readonly #canvas: HTMLCanvasElement;
  readonly #paint: Painter;
  #rising: Promise<Rising | undefined> | undefined;

  constructor(canvas: HTMLCanvasElement, paint: Painter) {
    this.#canvas = canvas;
    this.#paint = paint;
  }

  /** @param over from above which they rise, in a box as wide as the canvas; by default its middle */
  rise(symbol: string, count: number, over?: HTMLElement): void {
    if (count <= 0 || isStill()) return;
    // Where it can't be loaded, nothing rises.
    this.#rising ??= import("./rising.ts").then(
      (chunk) => new chunk.Rising(this.#canvas, this.#paint),
      () => undefined,
    );
    void this.#rising.then((rising) => rising?.rise(symbol, count, over));
  }

  stop(): void {
    void this.#rising?.then((rising) => rising?.stop());
  }
}

/** Pictures that are drawn once and reused in every frame. */

export type Sprite = HTMLCanvasElement;
export type Brush = CanvasRenderingContext2D;

/** Draws a picture of this size, in pixels. */
export function sprite(width: number, height: number, draw: (brush: Brush) => void): Sprite {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width);
  canvas.height = Math.ceil(height);
  const brush = canvas.getContext("2d");
  if (brush !== null) draw(brush);
  return canvas;
}

/** Pseudo-random numbers from 0 up to 1, the same in every window. */
export function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

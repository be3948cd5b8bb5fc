/** The crowd in front of the stage: it grows with the viewers and moves with the likes. */
import { type Brush, type Sprite, sequence, sprite } from "./sprite.ts";

const MOST = 46;
const WIDTH = 64;
const HEIGHT = 150;
const POSES = 5;

interface Person {
  readonly x: number;
  readonly depth: number;
  readonly pose: number;
  readonly phase: number;
  readonly eager: number;
}

/** The same people at the same positions in every window; those at the back first. */
function people(): readonly Person[] {
  const next = sequence(7);
  const all = Array.from({ length: MOST }, (_, index) => ({
    // The middle fills first.
    x: 0.5 + (next() - 0.5) * Math.min(1.06, 0.42 + (index / MOST) * 0.9),
    depth: index / MOST,
    pose: Math.floor(next() * POSES),
    phase: next() * 6.28,
    eager: next(),
  }));
  return all;
}

function head(brush: Brush): void {
  brush.beginPath();
  brush.arc(32, 62, 13, 0, 6.3);
  brush.fill();
  brush.beginPath();
  brush.moveTo(4, 150);
  brush.bezierCurveTo(4, 96, 14, 82, 32, 80);
  brush.bezierCurveTo(50, 82, 60, 96, 60, 150);
  brush.fill();
}

function arm(brush: Brush, points: readonly number[]): void {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points;
  brush.lineWidth = 9;
  brush.beginPath();
  brush.moveTo(x0, y0);
  brush.lineTo(x1, y1);
  brush.lineTo(x2, y2);
  brush.stroke();
  brush.beginPath();
  brush.arc(x2, y2, 5.5, 0, 6.3);
  brush.fill();
}

const ARMS: readonly (readonly (readonly number[])[])[] = [
  [],
  [[14, 96, 6, 66, 12, 32]],
  [
    [14, 96, 4, 66, 10, 30],
    [50, 96, 60, 66, 54, 28],
  ],
  [
    [14, 96, 8, 58, 26, 26],
    [50, 96, 56, 58, 38, 26],
  ],
  [[50, 96, 58, 64, 50, 24]],
];

function pose(index: number): Sprite {
  return sprite(WIDTH * 2, HEIGHT * 2, (brush) => {
    brush.scale(2, 2);
    brush.fillStyle = brush.strokeStyle = "#060408";
    brush.lineCap = brush.lineJoin = "round";
    head(brush);
    for (const points of ARMS[index] ?? []) arm(brush, points);
  });
}

export class Crowd {
  readonly #people = people();
  readonly #poses = Array.from({ length: POSES }, (_, index) => pose(index));

  /**
   * @param beat how many beats have passed
   * @param energy from 0, listening, to 1, ecstatic
   */
  draw(brush: Brush, width: number, height: number, viewers: number, beat: number, energy: number) {
    const count = Math.min(MOST, Math.round(5 + 9 * Math.log2(1 + Math.max(0, viewers) / 4)));
    for (const { x, depth, pose, phase, eager } of this.#people.slice(0, count)) {
      // With little to cheer for, arms stay down.
      const picture = this.#poses[energy + 0.12 > eager ? pose : 0];
      if (picture === undefined) continue;
      const size = 0.82 + 0.5 * depth;
      const hop = Math.abs(Math.sin(beat * 3.14 + phase * 0.25));
      const lift = hop * (2 + 22 * energy) * (0.5 + eager);
      const lean = Math.sin(beat * 1.57 + phase) * (1 + 4 * energy);
      const left = x * width - (WIDTH * size) / 2 + lean;
      const top = height - HEIGHT * size * 0.76 + (1 - depth) * 4 - lift;
      brush.drawImage(picture, left, top, WIDTH * size, HEIGHT * size);
    }
  }
}

/**
 * The hearts that rise for likes. However many likes there are, the number of hearts is bounded: in a
 * flood, one heart stands for many likes and is larger.
 */
import { type Brush, type Sprite, sprite } from "./sprite.ts";

/** The most hearts in the air. */
const MOST = 160;
/** New hearts per second; beyond that, each stands for more likes. */
const MOST_PER_SECOND = 55;
/** How quickly the whole crowd joins in. */
const HEAT_MS = 1_200;
const SPRITE_SIZE = 64;
const COLORS = ["#ff4d5e", "#ff6f61", "#ff2f6d", "#ff8f70", "#ffd1d6"] as const;

interface Heart {
  x: number;
  /** From 0 to 1 over its lifetime. */
  age: number;
  lifeMs: number;
  size: number;
  drift: number;
  sway: number;
  phase: number;
  color: number;
}

export class Hearts {
  readonly #sprites: readonly Sprite[] = COLORS.map(heartSprite);
  readonly #hearts: Heart[] = [];
  /** Likes that have no heart yet. */
  #pending = 0;
  #allowance = 1;
  #added = 0;
  /** Likes per second, smoothed. */
  #perSecond = 0;

  add(likes: number): void {
    this.#pending += likes;
    this.#added += likes;
  }

  /** Advances by this time and adds new hearts. */
  step(elapsedMs: number): void {
    for (const heart of this.#hearts) heart.age += elapsedMs / heart.lifeMs;
    // Expired hearts are removed in place, which leaves nothing to the garbage collector.
    let live = 0;
    for (const heart of this.#hearts) {
      if (heart.age < 1) this.#hearts[live++] = heart;
    }
    this.#hearts.length = live;
    const perSecond = (this.#added / elapsedMs) * 1_000;
    this.#added = 0;
    this.#perSecond += (perSecond - this.#perSecond) * Math.min(1, elapsedMs / HEAT_MS);
    this.#allowance = Math.min(6, this.#allowance + (elapsedMs / 1_000) * MOST_PER_SECOND);
    const count = Math.min(this.#pending, Math.floor(this.#allowance), MOST - live);
    if (count < 1) return;
    this.#allowance -= count;
    // All pending likes go into the hearts of this moment, so that they show what happens now.
    const likesEach = this.#pending / count;
    const heat = Math.min(1, this.#perSecond / (2 * MOST_PER_SECOND));
    this.#pending = 0;
    for (let made = 0; made < count; made += 1) this.#hearts.push(newHeart(likesEach, heat));
  }

  /** @param width and height of the picture, in the brush's units */
  draw(brush: Brush, width: number, height: number): void {
    for (const { x, age, size, drift, sway, phase, color } of this.#hearts) {
      const picture = this.#sprites[color];
      if (picture === undefined) continue;
      const rise = 1 - (1 - age) ** 1.15;
      const grown = size * Math.min(1, age * 9);
      const left = x * width + drift * age * width + Math.sin(phase + age * 9) * sway;
      const top = height * (0.96 - 0.94 * rise);
      brush.globalAlpha = age > 0.5 ? Math.max(0, (1 - age) / 0.5) : 1;
      brush.drawImage(picture, left - grown / 2, top - grown / 2, grown, grown);
    }
    brush.globalAlpha = 1;
  }
}

/** @param heat from 0, where a heart is rare, to 1, at the highest rate */
function newHeart(likes: number, heat: number): Heart {
  // A few rise from the like button; many rise from the whole crowd.
  const isFromCrowd = Math.random() < heat;
  return {
    x: isFromCrowd ? 0.04 + Math.random() * 0.92 : 0.78 + Math.random() * 0.16,
    age: 0,
    lifeMs: 2_300 + Math.random() * 1_400,
    size: (16 + Math.random() * 16) * (1 + 0.13 * Math.log2(Math.max(1, likes))),
    drift: (Math.random() - 0.5) * 0.1,
    sway: 5 + Math.random() * 12,
    phase: Math.random() * 6.28,
    color: Math.floor(Math.random() * COLORS.length),
  };
}

/** The outline of a heart in a square of this size. */
function heartPath(brush: Brush, size: number): void {
  const unit = size / 32;
  brush.beginPath();
  brush.moveTo(16 * unit, 28 * unit);
  brush.bezierCurveTo(6 * unit, 21 * unit, 3 * unit, 16.5 * unit, 3 * unit, 11.8 * unit);
  brush.bezierCurveTo(3 * unit, 7.4 * unit, 6.3 * unit, 4.5 * unit, 9.8 * unit, 4.5 * unit);
  brush.bezierCurveTo(12.4 * unit, 4.5 * unit, 14.8 * unit, 6 * unit, 16 * unit, 8.6 * unit);
  brush.bezierCurveTo(17.2 * unit, 6 * unit, 19.6 * unit, 4.5 * unit, 22.2 * unit, 4.5 * unit);
  brush.bezierCurveTo(25.7 * unit, 4.5 * unit, 29 * unit, 7.4 * unit, 29 * unit, 11.8 * unit);
  brush.bezierCurveTo(29 * unit, 16.5 * unit, 26 * unit, 21 * unit, 16 * unit, 28 * unit);
  brush.closePath();
}

function heartSprite(color: string): Sprite {
  return sprite(SPRITE_SIZE, SPRITE_SIZE, (brush) => {
    heartPath(brush, SPRITE_SIZE);
    brush.fillStyle = color;
    brush.fill();
    brush.globalAlpha = 0.35;
    brush.fillStyle = "#fff";
    brush.beginPath();
    brush.ellipse(SPRITE_SIZE * 0.3, SPRITE_SIZE * 0.3, 8, 5.5, -0.7, 0, 6.28);
    brush.fill();
  });
}

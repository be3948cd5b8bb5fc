/**
 * What rises over the video for likes and reactions. However many there are, the number of figures is
 * bounded: in a flood, one figure stands for many events and is larger.
 */
import type { Brush, Sprite } from "./sprite.ts";

/** How quickly the whole crowd joins in. */
const HEAT_MS = 1_200;

/** What rises, where and how many. Places are shares of the picture's width. */
interface Look {
  /** One of them for each figure, at random. */
  readonly sprites: readonly Sprite[];
  /** Where a few rise; many rise from the whole crowd. */
  readonly from: number;
  readonly width: number;
  /** Their size, where a heart's is 1. */
  readonly scale: number;
  /** The most figures in the air. */
  readonly most: number;
  /** New figures per second; beyond that, each stands for more events. */
  readonly mostPerSecond: number;
}

interface Figure {
  x: number;
  /** From 0 to 1 over its lifetime. */
  age: number;
  lifeMs: number;
  size: number;
  drift: number;
  sway: number;
  phase: number;
  sprite: number;
}

export class Rising {
  readonly #look: Look;
  readonly #figures: Figure[] = [];
  /** Events that have no figure yet. */
  #pending = 0;
  #allowance = 1;
  #added = 0;
  /** Events per second, smoothed. */
  #perSecond = 0;

  constructor(look: Look) {
    this.#look = look;
  }

  add(events: number): void {
    this.#pending += events;
    this.#added += events;
  }

  /** Advances by this time and adds new figures. */
  step(elapsedMs: number): void {
    const { most, mostPerSecond } = this.#look;
    for (const figure of this.#figures) figure.age += elapsedMs / figure.lifeMs;
    // Expired figures are removed in place, which leaves nothing to the garbage collector.
    let live = 0;
    for (const figure of this.#figures) {
      if (figure.age < 1) this.#figures[live++] = figure;
    }
    this.#figures.length = live;
    const perSecond = (this.#added / elapsedMs) * 1_000;
    this.#added = 0;
    this.#perSecond += (perSecond - this.#perSecond) * Math.min(1, elapsedMs / HEAT_MS);
    this.#allowance = Math.min(6, this.#allowance + (elapsedMs / 1_000) * mostPerSecond);
    const count = Math.min(this.#pending, Math.floor(this.#allowance), most - live);
    if (count < 1) return;
    this.#allowance -= count;
    // All pending events go into the figures of this moment, so that they show what happens now.
    const eventsEach = this.#pending / count;
    const heat = Math.min(1, this.#perSecond / (2 * mostPerSecond));
    this.#pending = 0;
    for (let made = 0; made < count; made += 1)
      this.#figures.push(this.#newFigure(eventsEach, heat));
  }

  /** @param width and height of the picture, in the brush's units */
  draw(brush: Brush, width: number, height: number): void {
    for (const { x, age, size, drift, sway, phase, sprite } of this.#figures) {
      const picture = this.#look.sprites[sprite];
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

  /** @param heat from 0, where a figure is rare, to 1, at the highest rate */
  #newFigure(events: number, heat: number): Figure {
    const { from, width, scale, sprites } = this.#look;
    const isFromCrowd = Math.random() < heat;
    return {
      x: isFromCrowd ? 0.04 + Math.random() * 0.92 : from + Math.random() * width,
      age: 0,
      lifeMs: 2_300 + Math.random() * 1_400,
      size: scale * (16 + Math.random() * 16) * (1 + 0.13 * Math.log2(Math.max(1, events))),
      drift: (Math.random() - 0.5) * 0.1,
      sway: 5 + Math.random() * 12,
      phase: Math.random() * 6.28,
      sprite: Math.floor(Math.random() * sprites.length),
    };
  }
}

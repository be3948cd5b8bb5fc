/** The lights of the show: the wall behind the band, the beams above it, and the haze between. */
import { type Brush, type Sprite, sprite } from "./sprite.ts";

const BEAM_WIDTH = 150;
const BEAM_LENGTH = 460;
const BEAM_COLORS = ["255, 93, 94", "255, 180, 84", "94, 190, 255"] as const;
const COLUMNS = 28;

/** What the lights depend on. */
export interface Mood {
  /** How many beats have passed. */
  readonly beat: number;
  /** From 0 to 1. */
  readonly energy: number;
}

function beam(color: string): Sprite {
  return sprite(BEAM_WIDTH, BEAM_LENGTH, (brush) => {
    const fade = brush.createLinearGradient(0, 0, 0, BEAM_LENGTH);
    fade.addColorStop(0, `rgba(${color}, 0.85)`);
    fade.addColorStop(0.35, `rgba(${color}, 0.28)`);
    fade.addColorStop(1, `rgba(${color}, 0)`);
    // Three nested cones make a soft edge.
    for (const spread of [1, 0.66, 0.34]) {
      brush.globalAlpha = 0.4;
      brush.fillStyle = fade;
      brush.beginPath();
      brush.moveTo(BEAM_WIDTH / 2 - 3, 0);
      brush.lineTo(BEAM_WIDTH / 2 + 3, 0);
      brush.lineTo(BEAM_WIDTH / 2 + (BEAM_WIDTH / 2) * spread, BEAM_LENGTH);
      brush.lineTo(BEAM_WIDTH / 2 - (BEAM_WIDTH / 2) * spread, BEAM_LENGTH);
      brush.fill();
    }
  });
}

function backdrop(width: number, height: number): Sprite {
  return sprite(width, height, (brush) => {
    const night = brush.createLinearGradient(0, 0, 0, height);
    night.addColorStop(0, "#120c18");
    night.addColorStop(0.55, "#33142a");
    night.addColorStop(0.8, "#5a1d2f");
    night.addColorStop(1, "#1a0a12");
    brush.fillStyle = night;
    brush.fillRect(0, 0, width, height);
    const glow = brush.createRadialGradient(
      width / 2,
      height * 0.6,
      10,
      width / 2,
      height * 0.6,
      width * 0.48,
    );
    glow.addColorStop(0, "rgba(255, 150, 90, 0.5)");
    glow.addColorStop(0.5, "rgba(255, 80, 90, 0.16)");
    glow.addColorStop(1, "rgba(255, 80, 90, 0)");
    brush.fillStyle = glow;
    brush.fillRect(0, 0, width, height);
    // The truss that the lamps hang from.
    brush.fillStyle = "#0a070c";
    brush.fillRect(0, 0, width, 13);
    brush.strokeStyle = "#0a070c";
    brush.lineWidth = 2;
    brush.beginPath();
    for (let x = 0; x <= width; x += 26) {
      brush.moveTo(x, 13);
      brush.lineTo(x + 13, 26);
      brush.lineTo(x + 26, 13);
    }
    brush.moveTo(0, 26);
    brush.lineTo(width, 26);
    brush.stroke();
  });
}

/** The stage light on the crowd: without it the crowd would be black on black. */
function spill(width: number, height: number): Sprite {
  return sprite(width, height, (brush) => {
    const fall = brush.createLinearGradient(0, 0, 0, height);
    fall.addColorStop(0, "#b0463c");
    fall.addColorStop(0.3, "#6b2434");
    fall.addColorStop(1, "#200c18");
    brush.fillStyle = fall;
    brush.fillRect(0, 0, width, height);
    const sides = brush.createLinearGradient(0, 0, width, 0);
    sides.addColorStop(0, "rgba(18, 8, 16, 0.85)");
    sides.addColorStop(0.3, "rgba(18, 8, 16, 0)");
    sides.addColorStop(0.7, "rgba(18, 8, 16, 0)");
    sides.addColorStop(1, "rgba(18, 8, 16, 0.85)");
    brush.fillStyle = sides;
    brush.fillRect(0, 0, width, height);
  });
}

export class Lights {
  readonly #backdrop: Sprite;
  readonly #spill: Sprite;
  readonly #beams = BEAM_COLORS.map(beam);
  readonly #width: number;
  readonly #height: number;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#backdrop = backdrop(width, height);
    this.#spill = spill(width, height * 0.24);
  }

  /** What is behind the band. */
  drawBehind(brush: Brush, mood: Mood): void {
    brush.drawImage(this.#backdrop, 0, 0);
    this.#drawWall(brush, mood);
    this.#drawBeams(brush, mood);
  }

  /** The light that falls in front of the stage, from this height down. */
  drawSpill(brush: Brush, top: number, energy: number): void {
    brush.globalAlpha = 0.45 + 0.55 * energy;
    brush.drawImage(this.#spill, 0, top + 10);
    brush.globalAlpha = 1;
  }

  /** Columns that dance like the bars of an equaliser. */
  #drawWall(brush: Brush, { beat, energy }: Mood): void {
    const width = this.#width * 0.56;
    const left = (this.#width - width) / 2;
    const floor = this.#height * 0.7;
    const step = width / COLUMNS;
    for (let column = 0; column < COLUMNS; column += 1) {
      const middle = 1 - Math.abs(column / (COLUMNS - 1) - 0.5) * 1.3;
      const wave = Math.sin(beat * 2.1 + column * 0.9) + Math.sin(beat * 3.3 - column * 1.7) * 0.6;
      const tall = (0.35 + 0.16 * wave) * middle * (0.55 + 0.75 * energy);
      const height = Math.max(6, tall * this.#height * 0.55);
      brush.fillStyle = `rgba(255, ${Math.round(120 + 90 * middle)}, 110, ${0.16 + 0.24 * energy})`;
      brush.fillRect(left + column * step + 2, floor - height, step - 4, height);
    }
  }

  #drawBeams(brush: Brush, { beat, energy }: Mood): void {
    brush.globalCompositeOperation = "lighter";
    const lamps = 6;
    for (let lamp = 0; lamp < lamps; lamp += 1) {
      const picture = this.#beams[lamp % this.#beams.length];
      if (picture === undefined) continue;
      const side = lamp < lamps / 2 ? -1 : 1;
      const swing = Math.sin(beat * 0.5 + lamp * 1.3) * (0.26 + 0.2 * energy);
      const flash = 0.5 + 0.5 * Math.sin(beat * 3.14 + lamp * 2.1);
      brush.save();
      brush.translate(((lamp + 0.5) / lamps) * this.#width, 20);
      brush.rotate(swing - side * 0.12);
      brush.globalAlpha = 0.3 + 0.3 * energy + 0.25 * flash * energy;
      brush.drawImage(picture, -BEAM_WIDTH / 2, 0);
      brush.restore();
    }
    brush.globalAlpha = 1;
    brush.globalCompositeOperation = "source-over";
  }
}

/** The figures that rise: hearts for likes, and the reactions themselves. */
import { REACTIONS } from "../../contract.ts";
import { Rising } from "./rising.ts";
import { type Brush, type Sprite, sprite } from "./sprite.ts";

const SPRITE_SIZE = 64;
const COLORS = ["#ff4d5e", "#ff6f61", "#ff2f6d", "#ff8f70", "#ffd1d6"] as const;
/** The reactions' buttons are at the left, side by side. */
const REACTIONS_FROM = 0.03;
const REACTION_WIDTH = 0.1;

/** Other fonts may have them without colours. */
const EMOJI_FONTS = '"Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif';
/** So that they are seen among the hearts. */
const REACTION_SCALE = 1.35;

/** Above the heart's button. */
export function risingHearts(): Rising {
  const sprites = COLORS.map(heart);
  return new Rising({ sprites, from: 0.78, width: 0.16, scale: 1, most: 160, mostPerSecond: 55 });
}

/** By variant, each above its button. */
export function risingReactions(): ReadonlyMap<string, Rising> {
  return new Map(
    REACTIONS.map(({ variant }, place) => [
      variant,
      new Rising({
        sprites: [text(variant)],
        from: REACTIONS_FROM + place * REACTION_WIDTH,
        width: REACTION_WIDTH,
        scale: REACTION_SCALE,
        most: 24,
        mostPerSecond: 8,
      }),
    ]),
  );
}

function text(variant: string): Sprite {
  return sprite(SPRITE_SIZE, SPRITE_SIZE, (brush) => {
    brush.font = `${SPRITE_SIZE * 0.8}px ${EMOJI_FONTS}`;
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    brush.fillText(variant, SPRITE_SIZE / 2, SPRITE_SIZE * 0.55);
  });
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

function heart(color: string): Sprite {
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

/** The band against the light: silhouettes, each drawn once. */
import { type Brush, type Sprite, sprite } from "./sprite.ts";

const INK = "#08060a";

function limb(brush: Brush, width: number, points: readonly (readonly [number, number])[]): void {
  brush.lineWidth = width;
  brush.beginPath();
  for (const [index, [x, y]] of points.entries()) {
    if (index === 0) brush.moveTo(x, y);
    else brush.lineTo(x, y);
  }
  brush.stroke();
}

function disc(brush: Brush, x: number, y: number, radius: number): void {
  brush.beginPath();
  brush.arc(x, y, radius, 0, 6.3);
  brush.fill();
}

function figure(width: number, height: number, draw: (brush: Brush) => void): Sprite {
  // Twice the displayed size, for sharp edges on high-resolution screens.
  return sprite(2 * width, 2 * height, (brush) => {
    brush.scale(2, 2);
    brush.fillStyle = brush.strokeStyle = INK;
    brush.lineCap = brush.lineJoin = "round";
    draw(brush);
  });
}

/** 90 by 150: at the microphone, one arm up. */
export function singer(): Sprite {
  return figure(90, 150, (brush) => {
    disc(brush, 45, 26, 11);
    limb(brush, 21, [
      [45, 50],
      [44, 80],
    ]);
    limb(brush, 9, [
      [38, 46],
      [24, 26],
      [27, 6],
    ]);
    limb(brush, 8, [
      [53, 47],
      [66, 58],
      [60, 38],
    ]);
    limb(brush, 11, [
      [41, 84],
      [34, 116],
      [30, 146],
    ]);
    limb(brush, 11, [
      [48, 84],
      [56, 114],
      [60, 146],
    ]);
    limb(brush, 2.5, [
      [66, 34],
      [72, 148],
    ]);
    limb(brush, 5, [
      [64, 32],
      [58, 30],
    ]);
    limb(brush, 3, [
      [60, 148],
      [84, 148],
    ]);
  });
}

/** 120 by 150: leaning back with a guitar. */
export function guitarist(): Sprite {
  return figure(120, 150, (brush) => {
    disc(brush, 46, 24, 11);
    brush.beginPath();
    brush.ellipse(44, 18, 14, 9, -0.4, 0, 6.3);
    brush.fill();
    limb(brush, 21, [
      [48, 48],
      [56, 80],
    ]);
    limb(brush, 11, [
      [54, 82],
      [40, 114],
      [32, 146],
    ]);
    limb(brush, 11, [
      [60, 82],
      [74, 112],
      [74, 146],
    ]);
    brush.beginPath();
    brush.ellipse(52, 76, 21, 13, 0.45, 0, 6.3);
    brush.fill();
    limb(brush, 5, [
      [62, 70],
      [110, 40],
    ]);
    limb(brush, 8, [
      [106, 44],
      [113, 38],
    ]);
    limb(brush, 8, [
      [56, 46],
      [82, 56],
      [92, 50],
    ]);
    limb(brush, 8, [
      [40, 46],
      [34, 64],
      [50, 74],
    ]);
  });
}

/** 190 by 130: behind the drums. */
export function drummer(): Sprite {
  return figure(190, 130, (brush) => {
    disc(brush, 95, 26, 11);
    limb(brush, 22, [
      [95, 50],
      [95, 74],
    ]);
    limb(brush, 8, [
      [86, 46],
      [62, 54],
      [52, 34],
    ]);
    limb(brush, 8, [
      [104, 46],
      [128, 52],
      [140, 30],
    ]);
    limb(brush, 2.5, [
      [52, 34],
      [40, 10],
    ]);
    limb(brush, 2.5, [
      [140, 30],
      [154, 12],
    ]);
    disc(brush, 95, 102, 27);
    brush.fillRect(34, 78, 36, 30);
    brush.fillRect(122, 78, 36, 30);
    brush.fillRect(66, 66, 26, 20);
    brush.fillRect(99, 66, 26, 20);
    for (const [x, y] of [
      [24, 46],
      [168, 46],
    ] as const) {
      limb(brush, 4, [
        [x - 22, y + 3],
        [x + 22, y - 3],
      ]);
      limb(brush, 2.5, [
        [x, y],
        [x, 128],
      ]);
    }
  });
}

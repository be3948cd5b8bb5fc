/** The course of a soak as an SVG: a panel for each figure, time to the right, faults as grey ticks. */

interface Line {
  readonly name: string;
  /** Seconds and value. */
  readonly points: readonly (readonly [at: number, value: number])[];
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  /** The top of the axis; values above it are drawn at the edge. By default the largest value. */
  readonly top?: number;
}

const WIDTH = 880;
const PANEL_HEIGHT = 190;
const LEFT = 56;
const RIGHT = 150;
const HEAD = 28;
const FOOT = 22;
const COLORS = ["#2f6fde", "#d9822b", "#c23b6b", "#1d8f6e", "#7a57d1", "#6b7785", "#a38b00"];
/** Readable on white and on black. */
const INK = "#7d8590";

/** @param seconds its duration @param marks seconds at which a fault was injected */
export function pictureOf(
  panels: readonly Panel[],
  seconds: number,
  marks: readonly number[],
): string {
  const height = panels.length * PANEL_HEIGHT + 10;
  const drawn = panels.map((panel, index) => drawPanel(panel, index, seconds, marks)).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="11" fill="${INK}">
<title>The course of a soak</title>
${drawn}
</svg>
`;
}

function drawPanel(panel: Panel, index: number, seconds: number, marks: readonly number[]): string {
  const y0 = index * PANEL_HEIGHT + HEAD;
  const plotHeight = PANEL_HEIGHT - HEAD - FOOT;
  const values = panel.lines.flatMap(({ points }) => points.map(([, value]) => value));
  const top = roundUp(panel.top ?? values.reduce((most, value) => Math.max(most, value), 0));
  const x = (at: number) => LEFT + (at / seconds) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => y0 + plotHeight * (1 - Math.min(value, top) / top);
  const parts = [`<text x="${LEFT}" y="${y0 - 10}" font-weight="bold">${panel.title}</text>`];
  for (const share of [0, 0.5, 1]) {
    const at = y(share * top);
    parts.push(`<path d="M${LEFT} ${fixed(at)}H${WIDTH - RIGHT}" stroke="${INK}" opacity=".3"/>`);
    const label = `${+(share * top).toFixed(2)}`;
    parts.push(`<text x="${LEFT - 6}" y="${fixed(at + 4)}" text-anchor="end">${label}</text>`);
  }
  const ticks = marks.map((at) => `M${fixed(x(at))} ${y0 + plotHeight}v-6`).join("");
  parts.push(`<path d="${ticks}" stroke="${INK}"/>`);
  for (let minute = 0; minute * 60 <= seconds; minute += minuteStep(seconds)) {
    const at = fixed(x(minute * 60));
    const below = y0 + plotHeight + 14;
    parts.push(`<text x="${at}" y="${below}" text-anchor="middle">${minute} min</text>`);
  }
  panel.lines.forEach(({ name, points }, number) => {
    const color = COLORS[number % COLORS.length];
    const path = points.map(([at, value]) => `${fixed(x(at))} ${fixed(y(value))}`).join("L");
    parts.push(`<path d="M${path}" fill="none" stroke="${color}" stroke-width="1.5"/>`);
    const labelY = y0 + 8 + number * 15;
    parts.push(`<text x="${WIDTH - RIGHT + 12}" y="${labelY}" fill="${color}">${name}</text>`);
  });
  return parts.join("\n");
}

/** Rounds to one or two digits, so that the axis has plain numbers. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.ceil((value / unit) * 2) * (unit / 2);
}

function minuteStep(seconds: number): number {
  return Math.max(1, Math.round(seconds / 60 / 10));
}

function fixed(value: number): string {
  return value.toFixed(1);
}

/** What the commands print: text for people on a terminal, JSON for programs. */
import { once } from "node:events";
import { stripVTControlCharacters, styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Between the columns of a table. */
const GAP = "  ";

export class Output {
  /** Whether each value is a line of JSON. */
  readonly isJson: boolean;
  readonly #stream: NodeJS.WriteStream;

  constructor(isJson: boolean, stream: NodeJS.WriteStream = process.stdout) {
    this.isJson = isJson;
    this.#stream = stream;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY;
  }

  /** Lines of the terminal; undefined where there is none. */
  get rows(): number | undefined {
    return this.#stream.isTTY ? this.#stream.rows : undefined;
  }

  /** Prints a value as JSON, or the text that stands for it. */
  print(value: unknown, text: () => string): void {
    this.#stream.write(`${this.isJson ? harmless(JSON.stringify(value)) : text()}\n`);
  }

  /** Resolves when what was printed has been taken, as far as more would have to wait in memory. */
  async flushed(): Promise<void> {
    if (this.#stream.writableNeedDrain) await once(this.#stream, "drain");
  }

  /** Puts the text in place of what is on the terminal. */
  redraw(text: string): void {
    this.#stream.write(`\u001b[H\u001b[2J${text}\n`);
  }

  /** Coloured on a terminal that has colours; NO_COLOR turns them off. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }

  /**
   * A table with a heading; numbers stand to the right.
   * @param rows their cells may be styled
   */
  table(heading: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
    const cells = rows.map((row) => row.map((cell) => (isNumber(cell) ? grouped(cell) : cell)));
    const widthOf = (text: string) => stripVTControlCharacters(text).length;
    const widths = heading.map((title, column) =>
      Math.max(title.length, ...cells.map((row) => widthOf(row[column] ?? ""))),
    );
    const line = (row: readonly string[], values: readonly (string | number)[]) =>
      row
        .map((cell, column) => {
          const space = " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
          return isNumber(values[column] ?? "") ? space + cell : cell + space;
        })
        .join(GAP)
        .trimEnd();
    const first = line(heading, rows[0] ?? []);
    return [this.style("bold", first), ...cells.map((row, at) => line(row, rows[at] ?? []))].join(
      "\n",
    );
  }
}

function isNumber(cell: string | number): cell is number {
  return typeof cell === "number";
}

function grouped(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 1 : 0 });
}

/**
 * Text that others wrote, without what a terminal would take for a command (control characters) or
 * show in another order (bidirectional controls).
 */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}

/** Data of an event on one line: its text where it has one. */
export function dataText(data: unknown): string {
  if (data === undefined) return "";
  const { text } = Object(data) as { readonly text?: unknown };
  if (typeof data === "string") return harmless(data);
  return harmless(typeof text === "string" ? text : JSON.stringify(data));
}

/** A time as people read it, in the local zone. */
export function timeText(ms: number): string {
  return new Date(ms).toLocaleString("sv-SE");
}

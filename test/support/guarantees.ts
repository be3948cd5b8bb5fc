/** Ties the tests to docs/guarantees.md: each cell of its tables names one test. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";

/** The columns of the first table, one kind of each delivery class, and those of the others. */
const KINDS = ["like", "comment", "viewers", "total", "state"] as const;
/** The columns of the first table, one kind of each delivery class, and that of the second. */
const ORDER = ["order"] as const;
const VOTES = ["vote"] as const;
export type GuaranteedKind =
  | (typeof KINDS)[number]
  | (typeof ORDER)[number]
  | (typeof VOTES)[number];

export interface Cell {
  readonly failure: string;
  readonly kind: GuaranteedKind;
  readonly text: string;
}

const PAGE = join(import.meta.dirname, "../../docs/guarantees.md");

/** The cells of a page's table with these columns after "what fails". */
export function cellsOf(page: string, kinds: readonly GuaranteedKind[] = KINDS): Cell[] {
  const heading = `| what fails | ${kinds.join(" | ")} |`;
  const [before, table] = page.split(heading);
  if (before === undefined || table === undefined) throw new Error(`no table "${heading}"`);
  // The rest of the heading line and the line of dashes come first.
  const lines = table.split("\n").slice(2);
  const rows = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("|")),
  );
  return rows.flatMap((row) => {
    const [failure = "", ...texts] = row
      .split("|")
      .slice(1, -1)
      .map((text) => text.trim());
    return kinds.map((kind, column) => ({ failure, kind, text: texts[column] ?? "" }));
  });
}

/** The cells of docs/guarantees.md. */
export const CELLS: readonly Cell[] = [KINDS, ORDER, VOTES].flatMap((kinds) =>
  cellsOf(readFileSync(PAGE, "utf8"), kinds),
);

/**
 * Registers the test of one cell, named by the cell's text.
 * @throws Error if the table has no such cell
 */
export function guarantee(failure: string, kind: GuaranteedKind, show: () => Promise<void>): void {
  const cell = CELLS.find((one) => one.failure === failure && one.kind === kind);
  if (cell === undefined) throw new Error(`docs/guarantees.md has no cell for "${failure}"`);
  describe(failure, () => test(cell.text, show));
}

/** Holds the tests to what docs/guarantees.md promises: each cell of its table names one test. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";

/** The columns of the table: a kind of each delivery class. */
const KINDS = ["like", "comment", "viewers"] as const;
export type GuaranteedKind = (typeof KINDS)[number];

export interface Cell {
  readonly failure: string;
  readonly kind: GuaranteedKind;
  readonly text: string;
}

const PAGE = join(import.meta.dirname, "../../docs/guarantees.md");
const HEADING = `| what fails | ${KINDS.join(" | ")} |`;

/** The cells of the table "What fails, and what follows" of a page. */
export function cellsOf(page: string): Cell[] {
  const [before, table] = page.split(HEADING);
  if (before === undefined || table === undefined) throw new Error(`no table "${HEADING}"`);
  // The rest of the heading's own line and the line of dashes come first.
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
    return KINDS.map((kind, column) => ({ failure, kind, text: texts[column] ?? "" }));
  });
}

/** The cells of docs/guarantees.md. */
export const CELLS: readonly Cell[] = cellsOf(readFileSync(PAGE, "utf8"));

/**
 * Registers the test of one cell, under the cell's own words.
 * @throws Error when the table has no such cell
 */
export function guarantee(failure: string, kind: GuaranteedKind, show: () => Promise<void>): void {
  const cell = CELLS.find((one) => one.failure === failure && one.kind === kind);
  if (cell === undefined) throw new Error(`docs/guarantees.md says nothing of "${failure}"`);
  describe(failure, () => test(cell.text, show));
}

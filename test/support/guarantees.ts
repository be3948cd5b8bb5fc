/** Holds the tests to what docs/guarantees.md promises: each cell of its table names one test. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";

/** The columns of the first table, a kind of each delivery class, and the one of the second. */
const KINDS = ["like", "comment", "viewers"] as const;
const ORDER = ["order"] as const;
export type GuaranteedKind = (typeof KINDS)[number] | (typeof ORDER)[number];

export interface Cell {
  readonly failure: string;
  readonly kind: GuaranteedKind;
  readonly text: string;
}

const PAGE = join(import.meta.dirname, "../../docs/guarantees.md");

/** The cells of the table of a page that has these columns beside "what fails". */
export function cellsOf(page: string, kinds: readonly GuaranteedKind[] = KINDS): Cell[] {
  const heading = `| what fails | ${kinds.join(" | ")} |`;
  const [before, table] = page.split(heading);
  if (before === undefined || table === undefined) throw new Error(`no table "${heading}"`);
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
    return kinds.map((kind, column) => ({ failure, kind, text: texts[column] ?? "" }));
  });
}

/** The cells of docs/guarantees.md. */
export const CELLS: readonly Cell[] = [KINDS, ORDER].flatMap((kinds) =>
  cellsOf(readFileSync(PAGE, "utf8"), kinds),
);

/**
 * Registers the test of one cell, under the cell's own words.
 * @throws Error when the table has no such cell
 */
export function guarantee(failure: string, kind: GuaranteedKind, show: () => Promise<void>): void {
  const cell = CELLS.find((one) => one.failure === failure && one.kind === kind);
  if (cell === undefined) throw new Error(`docs/guarantees.md says nothing of "${failure}"`);
  describe(failure, () => test(cell.text, show));
}

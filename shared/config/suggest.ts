import { distance } from "fastest-levenshtein";

/** ` (did you mean --port?)` when one of the names is close to what was written, else nothing. */
export function suggestion(written: string, names: readonly string[]): string {
  const scored = names.map((name) => ({ name, edits: editsBetween(bare(written), bare(name)) }));
  const nearest = scored.sort((a, b) => a.edits - b.edits)[0];
  const close = nearest && nearest.edits <= Math.min(3, Math.ceil(bare(written).length / 3));
  return close ? ` (did you mean ${nearest.name}?)` : "";
}

/** Letters in another order, such as `bna` for `ban`, are one mistake. */
function editsBetween(one: string, other: string): number {
  const sorted = (text: string) => [...text].sort().join("");
  const edits = distance(one, other);
  return edits > 1 && sorted(one) === sorted(other) ? 1 : edits;
}

/** Case and separators are forgotten most often; a missing unit is not a spelling mistake. */
function bare(name: string): string {
  return name
    .replace(/^OVATION_/, "")
    .replaceAll(/[-_]/g, "")
    .toLowerCase()
    .replace(/(ms|bytes)$/, "");
}

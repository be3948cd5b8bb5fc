/** ` (did you mean --port?)` when one of the names is close to what was written, else nothing. */
export function suggestion(written: string, names: readonly string[]): string {
  const scored = names.map((name) => ({ name, distance: distance(bare(written), bare(name)) }));
  const nearest = scored.sort((a, b) => a.distance - b.distance)[0];
  const close = nearest && nearest.distance <= Math.min(3, Math.ceil(bare(written).length / 3));
  return close ? ` (did you mean ${nearest.name}?)` : "";
}

/** Case and separators are what one forgets first; a unit left out is no mistake of spelling. */
function bare(name: string): string {
  return name
    .replace(/^OVATION_/, "")
    .replaceAll(/[-_]/g, "")
    .toLowerCase()
    .replace(/(ms|bytes)$/, "");
}

/** How many letters must be changed, added or taken away to make one word of the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

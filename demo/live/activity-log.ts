/** Describes in words what changed from one snapshot of the stack to the next. */
import type { ActivityEntry, ProcessView, RowView } from "../contract.ts";

/** The most entries that are kept. */
const ENTRY_LIMIT = 30;

export class ActivityLog {
  #states = new Map<string, ProcessView["state"]>();
  #rows = new Map<string, RowView>();
  #count = 0;
  #newest: readonly ActivityEntry[] = [];

  /** Oldest first. */
  get newest(): readonly ActivityEntry[] {
    return this.#newest;
  }

  /** Compares the current state with the previous one. */
  note(processes: readonly ProcessView[], rows: readonly RowView[]): void {
    for (const { name, state } of processes) this.#noteState(name, state);
    const before = this.#rows;
    this.#rows = new Map(rows.map((row) => [row.gatewayId, row]));
    for (const row of rows) this.#noteRow(row, before.get(row.gatewayId));
    for (const [gatewayId, row] of before) {
      if (this.#rows.has(gatewayId)) continue;
      const why = row.isDead ? "A dispatcher swept the row of" : "The table no longer has a row of";
      this.#add("plain", `${why} ${nameOf(row)}`);
    }
  }

  #noteState(name: string, state: ProcessView["state"]): void {
    const before = this.#states.get(name);
    this.#states.set(name, state);
    if (before === undefined || before === state) return;
    if (state === "down") this.#add("bad", `${name} is down`);
    if (state === "running") this.#add("good", `${name} is up again`);
  }

  #noteRow(row: RowView, before: RowView | undefined): void {
    if (before === undefined) {
      return this.#add("plain", `The table has a row of ${nameOf(row)}: it has viewers`);
    }
    if (!row.isDead || before.isDead) return;
    const viewers = row.viewers === 1 ? "its viewer" : `its ${row.viewers} viewers`;
    this.#add("bad", `The lease of ${nameOf(row)} has expired: ${viewers} no longer count`);
  }

  #add(tone: ActivityEntry["tone"], text: string): void {
    this.#count += 1;
    const entry = { id: this.#count, at: Date.now(), tone, text };
    this.#newest = [...this.#newest, entry].slice(-ENTRY_LIMIT);
  }
}

/** The name of the process; if it isn't of this stack, the start of the gateway's id. */
function nameOf({ process, gatewayId }: RowView): string {
  return process === undefined || process === "" ? `gateway ${gatewayId.slice(0, 6)}` : process;
}

/** The viewers of a feed that get their frames at one pace, in groups. */
import type { Cursor } from "./cursor.ts";
import { Group, type GroupOwner } from "./group.ts";

export class PaceGroups {
  /** The shortest time between two frames; 0 if the gateway alone determines it. */
  readonly everyMs: number;
  readonly #owner: GroupOwner;
  readonly #groupViewers: number;
  readonly groups: Group[] = [];

  /** @param groupViewers the most viewers of a group */
  constructor(everyMs: number, owner: GroupOwner, groupViewers: number) {
    this.everyMs = everyMs;
    this.#owner = owner;
    this.#groupViewers = groupViewers;
  }

  /**
   * A group with room for a viewer.
   * @param end of the log, which has kept nothing for an empty group
   */
  open(end: Cursor): Group {
    let group = this.groups.find(({ members }) => members.length < this.#groupViewers);
    if (group === undefined) {
      group = new Group(this.#owner, this, this.groups.length, end);
      this.groups.push(group);
    }
    if (group.size === 0) group.cursor = end;
    return group;
  }

  /** The position up to which all of its viewers have read; `end` if it has none. */
  readUpTo(end: number): number {
    let oldest = end;
    for (const { cursor, members } of this.groups) {
      if (members.length > 0) oldest = Math.min(oldest, cursor.position);
    }
    return oldest;
  }

  /** Empty groups at the end go. */
  prune(): void {
    while (this.groups.at(-1)?.size === 0) this.groups.pop();
  }
}

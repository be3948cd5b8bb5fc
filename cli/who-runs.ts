import { userInfo } from "node:os";

/** Who runs this, for the record of what was done. */
export function whoRuns(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    // A container's user may have no name.
    return "cli";
  }
}

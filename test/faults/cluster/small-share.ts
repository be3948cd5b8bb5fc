/**
 * Limits a process to a share of one core, as a container's limit does, with Linux control groups, version 2
 * (`cpu.max`) or 1 (`cpu.cfs_quota_us`).
 */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PERIOD_US = 20_000;
const ROOTS = {
  v2: "/sys/fs/cgroup",
  v1: "/sys/fs/cgroup/cpu",
} as const;

/** The version on this machine; undefined if there is none that we may use. */
function version(): keyof typeof ROOTS | undefined {
  if (existsSync(join(ROOTS.v2, "cgroup.controllers"))) return "v2";
  return existsSync(join(ROOTS.v1, "cpu.cfs_quota_us")) ? "v1" : undefined;
}

/** Why this machine can't limit a process; undefined if it can. */
export function shareFault(): string | undefined {
  try {
    new SmallShare("try", 0.5).remove();
    return undefined;
  } catch (error) {
    return `can't create a control group: ${String(error)}`;
  }
}

export class SmallShare {
  readonly #path: string;

  /** @param share of one core, 0 to 1 */
  constructor(name: string, share: number) {
    const found = version();
    if (found === undefined) throw new Error("there are no control groups");
    const root = ROOTS[found];
    this.#path = join(root, `ovation-${process.pid}-${name}`);
    mkdirSync(this.#path);
    const quota = Math.round(share * PERIOD_US);
    if (found === "v2") {
      writeFileSync(join(root, "cgroup.subtree_control"), "+cpu");
      writeFileSync(join(this.#path, "cpu.max"), `${quota} ${PERIOD_US}`);
    } else {
      writeFileSync(join(this.#path, "cpu.cfs_period_us"), String(PERIOD_US));
      writeFileSync(join(this.#path, "cpu.cfs_quota_us"), String(quota));
    }
  }

  /** Limits the process from now on. */
  hold(pid: number): void {
    writeFileSync(join(this.#path, "cgroup.procs"), String(pid));
  }

  /** To be called when the process has ended. */
  remove(): void {
    rmdirSync(this.#path);
  }
}

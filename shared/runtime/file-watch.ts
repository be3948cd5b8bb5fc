/** Notices that files were replaced, as secrets and certificates are. */
import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";

/** Files that belong together are seldom replaced at once: changes within this time are one. */
const SETTLE_MS = 500;

export class FileWatch {
  readonly #watchers: FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param onChange something in a folder of the files has changed
   * @param onFail a folder can't be watched: nothing will be noticed there
   */
  start(
    files: readonly string[],
    onChange: () => void,
    onFail: (folder: string, error: unknown) => void,
  ): void {
    const changed = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(onChange, SETTLE_MS);
    };
    // The folders are watched: a file or link that is replaced is a different file afterwards.
    for (const folder of new Set(files.map(dirname))) {
      try {
        const watcher = watch(folder, changed);
        watcher.on("error", (error) => onFail(folder, error));
        this.#watchers.push(watcher);
      } catch (error) {
        onFail(folder, error);
      }
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }
}

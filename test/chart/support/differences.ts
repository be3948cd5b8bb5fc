/** How one rendering of the chart differs from another. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A line of YAML says little without the one above it. */
const CONTEXT_LINES = 1;
/** Nobody's own settings, such as another algorithm or colors. */
const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };

/**
 * The differences by object, without line numbers, which would change with every line above. An object
 * that was removed is only named.
 * @param before,after texts by the object's name
 */
export async function differencesOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ovation-chart-"));
  try {
    for (const [side, texts] of Object.entries({ before, after })) {
      await mkdir(join(folder, side));
      for (const [name, text] of texts) await writeFile(join(folder, side, name), text);
    }
    const options = [`--unified=${CONTEXT_LINES}`, "--irreversible-delete", "--no-renames"];
    const args = ["diff", "--no-index", ...options, "before", "after"];
    const { status, stdout, stderr } = spawnSync("git", args, {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    // 1: there are differences.
    if (status !== 0 && status !== 1) throw new Error(`git diff failed: ${stderr}`);
    return stdout
      .replaceAll(/^(?:index|new file|---|\+\+\+) .*\n/gm, "")
      .replaceAll(/^diff --git .*\/(.*)$/gm, "# $1")
      .replaceAll(/^@@ .*$/gm, "@@")
      .replaceAll(/^deleted file .*$/gm, "removed");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

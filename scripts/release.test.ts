/** What a release is made of: one version everywhere, and its notes. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { releaseNotes } from "./release/notes.ts";
import { releaseVersion, statedVersions } from "./release/versions.ts";

const root = join(import.meta.dirname, "..");

test("the packages, the image, the chart and the pages state one version", () => {
  const version = releaseVersion(root);
  const files = new Set(statedVersions(root).map(({ file }) => file));
  for (const file of ["sdk/package.json", "deploy/helm/ovation/Chart.yaml", "README.md"]) {
    expect(files).toContain(file);
  }
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("the notes of a release are its section of the changelog; a dry run may take the next one's", () => {
  const changelog = "# Changelog\n\n## Unreleased\n\n- New.\n\n## [0.2.0] - 2026-01-01\n\n- Old.\n";
  expect(releaseNotes(changelog, "0.2.0", false)).toBe("# Ovation 0.2.0\n\n- Old.\n");
  expect(releaseNotes(changelog, "0.3.0", true)).toBe("# Ovation 0.3.0\n\n- New.\n");
  expect(() => releaseNotes(changelog, "0.3.0", false)).toThrow('a section "## 0.3.0" is missing');
  expect(() => releaseNotes(changelog, "0.2", false)).toThrow("is missing");
});

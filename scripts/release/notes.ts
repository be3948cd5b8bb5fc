/** The notes of a release: its section of CHANGELOG.md. */

/** The text of a section, without its heading; undefined when there is none, or an empty one. */
function section(changelog: string, heading: RegExp): string | undefined {
  const [, ...sections] = changelog.split(/^## /m);
  const found = sections.find((text) => heading.test(text.split("\n", 1)[0] ?? ""));
  return found?.slice(found.indexOf("\n")).trim() || undefined;
}

/**
 * @param isDryRun whether the section `Unreleased` will do, where the version has none yet
 * @throws Error that names the missing section
 */
export function releaseNotes(changelog: string, version: string, isDryRun: boolean): string {
  const own = new RegExp(`^\\[?${version.replaceAll(".", "\\.")}\\]?( |$)`);
  const text =
    section(changelog, own) ?? (isDryRun ? section(changelog, /^Unreleased/) : undefined);
  if (text === undefined) throw new Error(`CHANGELOG.md: a section "## ${version}" is missing`);
  return `# Ovation ${version}\n\n${text}\n`;
}

/** GitHub's anchor of a heading: https://docs.github.com/en/get-started/writing-on-github. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

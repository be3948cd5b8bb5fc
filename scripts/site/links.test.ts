/** What becomes of the repository's links on the site. */
import { expect, test } from "vitest";
import { deadLinks, sitePage } from "./links.ts";

const pages = new Set(["README.md", "sdk/README.md", "docs/polls.md", "docs/guides/a.md"]);
const pictures = new Set(["docs/pictures/page.webp"]);
const onSite = (page: string, text: string) => sitePage(page, text, pages, pictures);

test.each([
  ["docs/polls.md", "[a](guides/a.md#b)", "[a](./guides/a.md#b)"],
  ["docs/guides/a.md", "[sdk](../../sdk/README.md)", "[sdk](../../sdk/index.md)"],
  [
    "README.md",
    "[`sdk/`](sdk/), [`sdk`](sdk)",
    "[`sdk/`](./sdk/index.md), [`sdk`](./sdk/index.md)",
  ],
  ["README.md", "![It](docs/pictures/page.webp)", "![It](./docs/pictures/page.webp)"],
  [
    "docs/polls.md",
    "[x](#y) and [z](https://z.example/a.md)",
    "[x](#y) and [z](https://z.example/a.md)",
  ],
  ["docs/polls.md", "see [the license](../LICENSE)", "see the license"],
  ["docs/polls.md", "```md\n[a](guides/a.md)\n```\n", "```md\n[a](guides/a.md)\n```\n"],
])("%s: %j becomes %j", (page, before, after) => {
  expect(onSite(page, before)).toBe(after);
});

test("links to pages and anchors that are missing are found", () => {
  const files = new Map([
    ["index.html", new Set(["top"])],
    ["docs/polls.html", new Set(["end-it"])],
  ]);
  const html = [
    "/docs/polls.html#end-it",
    "../index.html#top",
    "polls#end-it",
    "#end-it",
    "https://a.b",
  ]
    .concat(["/docs/gone.html", "polls.html#gone", "../#gone"])
    .map((href) => `<a class="x" href="${href}">`)
    .join("");
  expect(deadLinks("docs/polls.html", html, files)).toEqual([
    "/docs/gone.html",
    "polls.html#gone",
    "../#gone",
  ]);
});

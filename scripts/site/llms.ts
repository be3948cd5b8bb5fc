/** The documentation for language models: an index, and everything in one file. https://llmstxt.org */
import { PAGES, SECTIONS, sourceOf, titleOf } from "./pages.ts";

/** The first sentence of a page, without links and emphasis; empty if it begins with something else. */
function summaryOf(page: string): string {
  const [, after = ""] = /^# .+\n([\s\S]*)/m.exec(sourceOf(page)) ?? [];
  const paragraph = after.trim().split("\n\n", 1)[0] ?? "";
  if (/^[#|`<!\-[]/.test(paragraph)) return "";
  const plain = paragraph
    .replace(/\s+/g, " ")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("**", "");
  return /^.*?[.?](?= |$)/.exec(plain)?.[0] ?? plain;
}

/** The file llms.txt, whose links are relative to the root of the repository and of the site. */
export function llmsFile(): string {
  const sections = SECTIONS.filter(({ pages }) => pages.length > 0).map(({ title, pages }) => {
    const lines = pages.map((page) => {
      const summary = summaryOf(page);
      return `- [${titleOf(page)}](${page})${summary === "" ? "" : `: ${summary}`}`;
    });
    return `## ${title}\n\n${lines.join("\n")}\n`;
  });
  return [
    "# Ovation",
    "",
    "> Likes, comments and viewer counts for live video, self-hosted, on NATS and uWebSockets.js. Viewers use the client `ovation-client` or a documented protocol over WebSocket, Server-Sent Events and HTTP; backends use HTTP or NATS.",
    "",
    "`npm run docs:site` builds the site of these pages, and in it `llms-full.txt`, which has all of them in one file.",
    "",
    sections.join("\n"),
  ].join("\n");
}

/** All pages, each after a line with its path. */
export function llmsFullFile(): string {
  return PAGES.map((page) => `<!-- ${page} -->\n\n${sourceOf(page).trim()}\n`).join("\n");
}

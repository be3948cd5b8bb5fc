/** How links of the repository's pages become links of the site. */
import { dirname, join, relative } from "node:path/posix";

/** Where the site has a page: README.md files are the index of their folder. */
export function placeOf(page: string): string {
  return page.replace(/(^|\/)README\.md$/, "$1index.md");
}

/** Languages of fenced blocks that tests read, and that no highlighter knows. */
const OWN_LANGUAGES = /^```(nats|conversation|sse)$/m;

/**
 * A page as the site has it. Links to other pages and pictures lead there; of links to anything else of
 * the repository, only the text remains.
 * @param page its path from the root, as all others
 */
export function sitePage(
  page: string,
  source: string,
  pages: ReadonlySet<string>,
  pictures: ReadonlySet<string>,
): string {
  const here = dirname(page);
  const link = (whole: string, text: string, target: string): string => {
    if (/^[a-z]+:|^#/.test(target)) return whole;
    const [path = "", anchor] = target.split("#");
    const to = join(here, path).replace(/\/$/, "");
    const found = [to, `${to}/README.md`].find((one) => pages.has(one) || pictures.has(one));
    if (found === undefined) return text;
    const away = relative(here, placeOf(found));
    const relativePath = away.startsWith(".") ? away : `./${away}`;
    return `[${text}](${relativePath}${anchor === undefined ? "" : `#${anchor}`})`;
  };
  // Outside of fenced blocks. A link's text may hold an image or code in brackets, but no link.
  return source
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) =>
      part.startsWith("```")
        ? part.replace(OWN_LANGUAGES, "```text")
        : part.replace(/\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g, link),
    )
    .join("");
}

/** The links and anchors of a built page that lead nowhere. @param files the site's, with their ids */
export function deadLinks(
  file: string,
  html: string,
  files: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const targets = [...html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)].map(([, href = ""]) => href);
  return targets.filter((href) => {
    if (/^[a-z]+:/.test(href)) return false;
    const [path = "", anchor = ""] = decodeURI(href).split("#");
    const to = path === "" ? file : join(path.startsWith("/") ? "." : dirname(file), path);
    const found = [to, `${to}.html`, join(to, "index.html")].find((one) => files.has(one));
    if (found === undefined) return true;
    return anchor !== "" && found.endsWith(".html") && !files.get(found)?.has(anchor);
  });
}

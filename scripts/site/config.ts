/** VitePress's configuration of the site. It is bundled by VitePress, from the folder that it builds in. */
import { anchorOf } from "../anchors.ts";
import { placeOf } from "./links.ts";
import { SECTIONS, titleOf } from "./pages.ts";

export default {
  title: "Ovation",
  description: "Likes, comments and viewer counts for live video, on servers that you run",
  srcDir: "pages",
  cleanUrls: false,
  lastUpdated: false,
  // Addresses of what a page starts.
  ignoreDeadLinks: "localhostLinks",
  // The same anchors as the repository's pages have, which scripts/docs.test.ts checks.
  markdown: { anchor: { slugify: anchorOf } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: SECTIONS.filter(({ pages }) => pages.length > 0).map(({ title, pages }) => ({
      text: title,
      items: pages.map((page) => ({
        text: titleOf(page),
        link: `/${placeOf(page)
          .replace(/(^|\/)index\.md$/, "$1")
          .replace(/\.md$/, "")}`,
      })),
    })),
  },
};

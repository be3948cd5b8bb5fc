/**
 * Builds the static site of the documentation into dist/site, with all of its pages in the sidebar, and
 * fails on links and anchors that lead nowhere. VitePress is large, so it is installed into .cache/site.
 *
 *   npm run docs:site
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { deadLinks, placeOf, sitePage } from "./links.ts";
import { llmsFile, llmsFullFile } from "./llms.ts";
import { PAGES, ROOT, sourceOf } from "./pages.ts";

const FOLDER = join(ROOT, ".cache/site");
const SITE = join(ROOT, "dist/site");
const PACKAGE = join(import.meta.dirname, "package.json");

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Unless the same versions are there already. */
function install(): void {
  const wanted = readFileSync(PACKAGE, "utf8");
  const installed = join(FOLDER, "package.json");
  const isThere = existsSync(installed) && readFileSync(installed, "utf8") === wanted;
  if (isThere && existsSync(join(FOLDER, "node_modules/vitepress"))) return;
  write(installed, wanted);
  const flags = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
  execFileSync("npm", flags, { cwd: FOLDER, stdio: "inherit" });
}

/** The pages with the site's links, and the pictures. */
function copyPages(): void {
  rmSync(join(FOLDER, "pages"), { recursive: true, force: true });
  const pictures = globSync("docs/pictures/*", { cwd: ROOT });
  const known = [new Set(PAGES), new Set(pictures)] as const;
  for (const page of PAGES) {
    write(join(FOLDER, "pages", placeOf(page)), sitePage(page, sourceOf(page), ...known));
  }
  for (const picture of pictures) {
    cpSync(join(ROOT, picture), join(FOLDER, "pages", picture));
  }
}

/** Exits with 1 when a link or an anchor of the site leads nowhere. */
function checkLinks(): void {
  const files = globSync("**/*.*", { cwd: SITE });
  const texts = new Map<string, string>();
  const ids = new Map<string, ReadonlySet<string>>();
  for (const file of files) {
    const html = file.endsWith(".html") ? readFileSync(join(SITE, file), "utf8") : "";
    if (html !== "") texts.set(file, html);
    ids.set(file, new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = ""]) => id)));
  }
  for (const [file, html] of texts) {
    for (const href of deadLinks(file, html, ids)) {
      process.stderr.write(`${file}: ${href} leads nowhere\n`);
      process.exitCode = 1;
    }
  }
  process.stdout.write(`${texts.size} pages in dist/site\n`);
}

install();
copyPages();
write(
  join(FOLDER, ".vitepress/config.ts"),
  `export { default } from "../../../scripts/site/config.ts";\n`,
);
rmSync(SITE, { recursive: true, force: true });
execFileSync("node_modules/.bin/vitepress", ["build", "--outDir", SITE], {
  cwd: FOLDER,
  stdio: "inherit",
});
write(join(SITE, "llms.txt"), llmsFile());
write(join(SITE, "llms-full.txt"), llmsFullFile());
// For those who follow the links of llms.txt.
for (const page of PAGES) write(join(SITE, page), sourceOf(page));
checkLinks();

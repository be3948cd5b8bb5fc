/** The pages' links and the files that they name exist. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { anchorOf } from "./anchors.ts";
import { PAGES } from "./site/pages.ts";

const root = join(import.meta.dirname, "..");
const isForeign = (path: string) => /(^|[/\\])(node_modules|dist|\.[^/\\]+)$/.test(path);
const pages = globSync("**/*.md", { cwd: root, exclude: isForeign });
const source = (page: string) => readFileSync(join(root, page), "utf8");
/** The text of a page without its fenced blocks. */
const prose = (page: string) => source(page).replace(/^```[\s\S]*?^```$/gm, "");

/** Files that a page tells the reader to create. */
const TO_BE_CREATED: Readonly<Record<string, readonly string[]>> = {
  "docs/changing-the-protocol.md": ["gateway/api/requests/where.ts"],
};
const FOLDERS =
  "bench|cli|demo|deploy|dispatcher|docs|examples|gateway|kit|scripts|sdk|shared|test";

function anchorsOf(page: string): Set<string> {
  return new Set([...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) => anchorOf(text)));
}

/** The links of a page to this repository, as written. */
function linksOf(page: string): string[] {
  const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

test("finds the pages, their links and the paths that they name", () => {
  expect(pages).toContain("docs/architecture.md");
  expect(linksOf("README.md").length).toBeGreaterThan(10);
  expect(pathsOf("docs/architecture.md").length).toBeGreaterThan(50);
});

/** Paths of this repository, in `code`: from the root, or in a folder's README from that folder. */
function pathsOf(page: string): string[] {
  const spans = [...prose(page).matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
  const isRooted = new RegExp(`^(${FOLDERS})/[\\w./-]*$`);
  const isReadme = basename(page) === "README.md" && dirname(page) !== ".";
  return spans.filter(
    (span) =>
      isRooted.test(span) || (isReadme && /^[\w-]+(\/[\w-]+)*(\.(test\.)?ts|\/)$/.test(span)),
  );
}

describe.each(pages)("%s", (page) => {
  test("has no dead links", () => {
    const dead = linksOf(page).filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : relative(root, join(root, dirname(page), path));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).has(anchor);
    });
    expect(dead).toEqual([]);
  });

  test("names files that exist", () => {
    const missing = pathsOf(page).filter((path) => {
      const candidates = [path, join(dirname(page), path)];
      const exists = candidates.some((candidate) => existsSync(join(root, candidate)));
      return !exists && !TO_BE_CREATED[page]?.includes(path);
    });
    expect(missing).toEqual([]);
  });
});

test("the README links to every page of docs/", () => {
  const linked = linksOf("README.md").map((link) => link.split("#")[0]);
  const all = pages.filter((page) => page.startsWith("docs/"));
  expect(all.filter((page) => !linked.includes(page))).toEqual([]);
});

test("scripts/site/pages.ts has every page once, for the site and llms.txt", () => {
  const elsewhere = ["THIRD-PARTY-NOTICES.md"];
  expect(pages.filter((page) => !PAGES.includes(page) && !elsewhere.includes(page))).toEqual([]);
  expect(
    PAGES.filter((page, index) => !pages.includes(page) || PAGES.indexOf(page) !== index),
  ).toEqual([]);
});

test("each guide's code is run by a test in test/guides/, test/playhead/ or test/examples/", () => {
  const tests = globSync("test/{guides,playhead,examples}/*.test.ts", { cwd: root })
    .map(source)
    .join("\n");
  const guides = globSync("docs/guides/*.md", { cwd: root }).map((page) => basename(page, ".md"));
  const isRun = (guide: string) => new RegExp(`["/]${guide}(\\.md)?"`).test(tests);
  expect(guides.filter((guide) => !isRun(guide))).toEqual([]);
});

test("the pictures name files that exist, and one page shows each of them", () => {
  const pictures = globSync("docs/pictures/*.svg", { cwd: root });
  expect(pictures.length).toBeGreaterThan(0);
  for (const picture of pictures) {
    const texts = [...source(picture).matchAll(/class="code"[^>]*>([^<]*)</g)];
    const words = texts.flatMap(([, text = ""]) => text.split(/[\s,:]+/));
    const paths = words.filter((word) => new RegExp(`^(${FOLDERS})/`).test(word));
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const shown = globSync("docs/*.md", { cwd: root }).filter((page) =>
      source(page).includes(`](pictures/${basename(picture)})`),
    );
    expect(shown, picture).toHaveLength(1);
  }
});

/** Getting a package, an image or a chart of ours by a name, or the client from a public CDN. */
const BY_NAME = [
  /(npm (install|i|add|create)|yarn add|pnpm add|bun add|npx) [^`\n]*(?<![/\w-])ovation-(client|server)(?![-\w]*[.\d]*\.tgz)/,
  /docker (pull|run) [^`\n]*(?<![/\w])([\w.-]+\/)+ovation\b/,
  /helm repo add|helm (install|upgrade|pull) [^`\n]*oci:/,
  /https?:\/\/[^/\s]*(unpkg|jsdelivr|esm\.sh|skypack)[^\s]*ovation/,
];

test("no page says to get ours from a registry, since none has it", () => {
  const texts = globSync(["**/*.md", "examples/**/*.html"], { cwd: root, exclude: isForeign });
  const telling = texts.filter((page) => BY_NAME.some((command) => command.test(source(page))));
  expect(telling).toEqual([]);
  const isFound = (text: string) => BY_NAME.some((command) => command.test(text));
  expect(isFound("npm install ovation-client")).toBe(true);
  expect(isFound("docker pull registry.example/team/ovation:0.1.0")).toBe(true);
  expect(isFound("npm install /path/to/ovation/ovation-client-0.1.0.tgz")).toBe(false);
  expect(isFound("npx ovation size")).toBe(false);
});

test("the examples install the client from the file that is built here", () => {
  const manifests = globSync("examples/*/package.json", { cwd: root });
  expect(manifests.length).toBeGreaterThan(2);
  for (const manifest of manifests) {
    const { dependencies } = JSON.parse(source(manifest)) as {
      dependencies: Readonly<Record<string, string>>;
    };
    const client = dependencies["ovation-client"] ?? "file:../../ovation-client-.tgz";
    expect(client, manifest).toMatch(/^file:\.\.\/\.\.\/ovation-client-[\d.]*\.tgz$/);
  }
});

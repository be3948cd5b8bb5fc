/**
 * Writes the generated pages, and the generated parts of hand-written pages.
 *
 *   node scripts/write-docs.ts           writes them
 *   node scripts/write-docs.ts --check   writes nothing; exits with 1 and names what is stale
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { costsTable, measuredTable, natsTable, sizesTable } from "../cli/sizing/page.ts";
import {
  CHART,
  natsUsersFile,
  rulesFile,
  valuesFile,
  valuesSchemaFile,
  valuesTable,
} from "../deploy/helm/values.ts";
import { alertTable } from "../deploy/observability/alerts.ts";
import { DASHBOARD, dashboardFile } from "../deploy/observability/dashboard.ts";
import { openApiDocument } from "../gateway/index.ts";
import { configurationPage } from "../shared/config/describe.ts";
import { closeCodeTable, errorTable } from "../shared/protocol/tables.ts";
import { VERSION } from "../shared/runtime/version.ts";
import { asyncApiDocument } from "./asyncapi/document.ts";
import {
  commonTable,
  dispatcherTable,
  gatewayTable,
  hooksTable,
  processTable,
} from "./metrics-tables.ts";
import { recordsSchemaFile, recordTable } from "./records.ts";
import { llmsFile } from "./site/llms.ts";
import { thirdPartyPage } from "./third-party.ts";
import { webhookSchemaFile } from "./webhook-schema.ts";

interface Generated {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** Only the part between `<!-- generated:MARKER -->` and `<!-- /generated -->`; if absent, the whole file. */
  readonly marker?: string;
  content(): string;
}

const root = join(import.meta.dirname, "..");

/** The configurations of proxies, and the pages that show them. */
const PROXY_CONFIGURATIONS = {
  "nginx.conf": "docs/guides/behind-nginx.md",
  "haproxy.cfg": "docs/guides/behind-haproxy.md",
  Caddyfile: "docs/guides/behind-caddy.md",
  "apache.conf": "docs/proxies.md",
  "envoy.yaml": "docs/proxies.md",
};

/** A program of `test/clients/`, which a page shows and `npm run test:clients` runs. */
function program(language: string, path: string): Generated {
  const content = () => {
    const text = readFileSync(join(import.meta.dirname, "..", "test", "clients", path), "utf8");
    return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
  };
  return { file: "docs/clients.md", marker: `publish-${language}`, content };
}

/** A program of `test/backends/`, which docs/backends.md shows and `npm run test:backends` runs. */
function backendProgram(language: string, path: string, name: string): Generated {
  const folder = join(import.meta.dirname, "../test/backends");
  const content = () =>
    `\`\`\`${language}\n${readFileSync(join(folder, path), "utf8").trimEnd()}\n\`\`\``;
  return { file: "docs/backends.md", marker: name, content };
}

const BACKEND_PROGRAMS = ["publish", "token", "moderate", "webhook"].flatMap((name) => [
  backendProgram("js", `node/${name}.mjs`, `node-${name}`),
  backendProgram("python", `python/${name === "token" ? "token_for" : name}.py`, `python-${name}`),
  backendProgram("go", `go/${name}/main.go`, `go-${name}`),
]);

const GENERATED: readonly Generated[] = [
  { file: "docs/configuration.md", content: configurationPage },
  {
    file: "docs/openapi.json",
    content: () => `${JSON.stringify(openApiDocument(VERSION), undefined, 2)}\n`,
  },
  { file: "docs/asyncapi.yaml", content: () => asyncApiDocument(VERSION) },
  ...["schema.sql", "comments.js", "main.js"].map((name) => ({
    file: "docs/guides/store-comments.md",
    marker: name,
    content: () => fenced(join(root, "examples/postgres", name)),
  })),
  { file: "docs/webhook-events.schema.json", content: webhookSchemaFile },
  { file: "docs/records.schema.json", content: recordsSchemaFile },
  ...(["message", "record", "amended", "entry", "event"] as const).map((marker) => ({
    file: "docs/records.md",
    marker,
    content: () => recordTable(marker),
  })),
  { file: "docs/protocol.md", marker: "errors", content: errorTable },
  { file: "docs/protocol.md", marker: "close-codes", content: closeCodeTable },
  program("python", "python/publish.py"),
  program("go", "go/publish/main.go"),
  program("rust", "rust/src/bin/publish.rs"),
  program("java", "java/src/main/java/Publish.java"),
  ...BACKEND_PROGRAMS,
  backendProgram("js", "node/follow.mjs", "node-follow"),
  backendProgram("python", "python/observe.py", "python-observe"),
  { file: "docs/metrics.md", marker: "common", content: commonTable },
  { file: "docs/metrics.md", marker: "gateway", content: gatewayTable },
  { file: "docs/metrics.md", marker: "dispatcher", content: dispatcherTable },
  { file: "docs/metrics.md", marker: "hooks", content: hooksTable },
  { file: "docs/metrics.md", marker: "process", content: processTable },
  { file: "docs/operations.md", marker: "alerts", content: alertTable },
  { file: DASHBOARD, content: dashboardFile },
  { file: "docs/sizing.md", marker: "sizes", content: () => sizesTable() },
  {
    file: "docs/sizing.md",
    marker: "sizes-wide",
    content: () => sizesTable({ frameIntervalMaxMs: 250 }),
  },
  { file: "docs/sizing.md", marker: "nats", content: natsTable },
  { file: "docs/sizing.md", marker: "costs", content: costsTable },
  { file: "docs/sizing.md", marker: "measured", content: measuredTable },
  ...Object.entries(PROXY_CONFIGURATIONS).map(([name, file]) => ({
    file,
    marker: name,
    content: () => fenced(join(root, "deploy/proxies", name)),
  })),
  { file: "THIRD-PARTY-NOTICES.md", content: thirdPartyPage },
  { file: `${CHART}/values.schema.json`, content: valuesSchemaFile },
  { file: `${CHART}/values.yaml`, content: valuesFile },
  { file: `${CHART}/files/users.conf`, content: natsUsersFile },
  { file: `${CHART}/files/rules.yaml`, content: rulesFile },
  { file: `${CHART}/files/dashboard.json`, content: dashboardFile },
  { file: `${CHART}/README.md`, marker: "values", content: valuesTable },
  // Last: it quotes the pages.
  { file: "llms.txt", content: llmsFile },
];

const checkOnly = process.argv.includes("--check");

// File by file, since several parts may belong to the same one.
const pages = Map.groupBy(GENERATED, (part) => part.file);
for (const [file, parts] of pages) {
  const path = join(root, file);
  const before = textOf(path);
  let after = before;
  for (const part of parts) {
    const written = after;
    after =
      part.marker === undefined
        ? part.content()
        : replaced(after, file, part.marker, part.content());
    if (checkOnly && after !== written) {
      const where = part.marker === undefined ? file : `${file} (generated:${part.marker})`;
      process.stderr.write(`${where} is stale: run "node scripts/write-docs.ts"\n`);
      process.exitCode = 1;
    }
  }
  if (!checkOnly && after !== before) {
    writeFileSync(path, after);
    process.stdout.write(`wrote ${file}\n`);
  }
}

/** The page with the content between its markers replaced. */
function replaced(page: string, file: string, marker: string, content: string): string {
  const open = `<!-- generated:${marker} -->`;
  const close = "<!-- /generated -->";
  const start = page.indexOf(open);
  const end = page.indexOf(close, start);
  if (start < 0 || end < 0) throw new Error(`${file} has no "${open}" with a "${close}" after it`);
  return `${page.slice(0, start)}${open}\n${content.trimEnd()}\n${page.slice(end)}`;
}

/** A file as a page shows it. */
function fenced(path: string): string {
  const language = /\.(yaml|js|sql)$/.exec(path)?.[1] ?? "text";
  return `\`\`\`${language}\n${readFileSync(path, "utf8").trimEnd()}\n\`\`\``;
}

/** The file's text; empty if there is none yet, which counts as stale. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

/** The pages of the documentation, in the order of the site's sidebar, of llms.txt and of llms-full.txt. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

interface Section {
  readonly title: string;
  /** Relative to the root of the repository. */
  readonly pages: readonly string[];
}

export const SECTIONS: readonly Section[] = [
  {
    title: "Start",
    pages: ["README.md", "docs/comparison.md", "CHANGELOG.md"],
  },
  {
    title: "Guides",
    pages: [
      "add-to-your-page",
      "sign-in",
      "like-button",
      "show-totals",
      "lobby",
      "polls",
      "moderate",
      "delayed-stream",
      "recording",
      "store-comments",
      "new-kind",
      "behind-nginx",
      "behind-haproxy",
      "behind-caddy",
      "behind-aws",
      "rehearsal",
      "from-pusher",
      "from-socket-io",
      "from-centrifugo",
    ].map((name) => `docs/guides/${name}.md`),
  },
  {
    title: "Examples",
    pages: globSync("examples/**/README.md", { cwd: ROOT, exclude: ["**/node_modules/**"] }).sort(),
  },
  {
    title: "In your application",
    pages: [
      "sdk/README.md",
      "docs/elements.md",
      "docs/connecting.md",
      "docs/authentication.md",
      "docs/moderation.md",
      "docs/webhooks.md",
      "docs/kinds.md",
      "docs/guarantees.md",
      "docs/protocol.md",
      "docs/clients.md",
      "docs/backends.md",
      "docs/records.md",
      "server-sdk/README.md",
    ],
  },
  {
    title: "Running it",
    pages: [
      "docs/docker.md",
      "docs/kubernetes.md",
      "deploy/helm/ovation/README.md",
      "docs/configuration.md",
      "docs/proxies.md",
      "docs/sizing.md",
      "docs/operations.md",
      "deploy/observability/README.md",
      "docs/metrics.md",
      "docs/tracing.md",
      "docs/security.md",
      "SECURITY.md",
      "docs/uwebsockets.md",
    ],
  },
  {
    title: "How it works",
    pages: [
      "docs/architecture.md",
      "gateway/README.md",
      "dispatcher/README.md",
      "hooks/README.md",
      "shared/README.md",
      "cli/README.md",
      "demo/README.md",
      "demo/console/README.md",
      "deploy/README.md",
      "kit/README.md",
      "bench/README.md",
    ],
  },
  {
    title: "Changing it",
    pages: [
      "CONTRIBUTING.md",
      "docs/changing-the-protocol.md",
      "docs/conformance.md",
      "test/README.md",
      "test/backends/README.md",
      "test/clients/README.md",
    ],
  },
];

export const PAGES: readonly string[] = SECTIONS.flatMap(({ pages }) => pages);

export function sourceOf(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** The page's first heading. */
export function titleOf(page: string): string {
  const [, title] = /^# (.+)$/m.exec(sourceOf(page)) ?? [];
  if (title === undefined) throw new Error(`${page} has no first heading`);
  return title.replaceAll("`", "");
}

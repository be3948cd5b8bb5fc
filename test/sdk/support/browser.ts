/** Headless Chromium with a page from the gateways' origin. */
import { basename, join } from "node:path";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { OvationOptions } from "../../../sdk/index.ts";
import { type ChromiumOptions, launchChromium } from "../../support/chromium.ts";
import type { Network } from "./network.ts";

const HTML =
  '<!doctype html><title>page</title><body><script type="module" src="/page.js"></script>';

/** The scripts of a page by their paths: its own, and the SDK's chunk that is loaded when needed. */
async function bundle(entry: string): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { page: join(import.meta.dirname, "../browser", entry) },
    bundle: true,
    splitting: true,
    outdir: "/",
    write: false,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return new Map(outputFiles.map(({ path, text }) => [`/${basename(path)}`, text]));
}

/** How the page is opened. */
export interface PageOptions {
  /** Options of its client. */
  readonly options?: Partial<OvationOptions>;
  /** Whether it always waits the longest possible time. */
  readonly late?: boolean;
  readonly strict?: boolean;
  /** Additional query parameters. */
  readonly query?: Readonly<Record<string, string>>;
  /** A page of the same browser window, in which this one opens as a tab; by default a new window. */
  readonly beside?: Page;
  /** The page's Content-Security-Policy. */
  readonly policy?: string;
  /** The page's origin, such as `https://page.example`; by default the network's. */
  readonly origin?: string;
}

export class TestBrowser {
  readonly #browser: Browser;
  readonly #scripts: ReadonlyMap<string, string>;
  readonly #contexts: BrowserContext[] = [];

  private constructor(browser: Browser, scripts: ReadonlyMap<string, string>) {
    this.#browser = browser;
    this.#scripts = scripts;
  }

  /** @param entry the script of its pages, in `test/sdk/browser/` */
  static async start(entry = "page.tsx", options: ChromiumOptions = {}): Promise<TestBrowser> {
    return new TestBrowser(await launchChromium(options), await bundle(entry));
  }

  /** Opens the page in a new window. */
  async open(network: Network, how: PageOptions = {}): Promise<Page> {
    const { options = {}, late, strict, beside, policy, origin } = how;
    const context = beside?.context() ?? (await this.#browser.newContext());
    if (beside === undefined) this.#contexts.push(context);
    const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
    const html = policy === undefined ? HTML : HTML.replace("<body>", `${meta}<body>`);
    if (origin !== undefined) {
      const headers = { "content-type": "text/html; charset=utf-8" };
      await context.route(`${origin}/page?*`, (route) => route.fulfill({ headers, body: html }));
      const script = { "content-type": "text/javascript; charset=utf-8" };
      for (const [path, body] of this.#scripts) {
        await context.route(origin + path, (route) => route.fulfill({ headers: script, body }));
      }
    }
    network.files.set("/page", { type: "text/html; charset=utf-8", body: html });
    for (const [path, body] of this.#scripts) {
      network.files.set(path, { type: "text/javascript; charset=utf-8", body });
    }
    const page = await context.newPage();
    page.on("pageerror", (error) => process.stderr.write(`page: ${error.stack}\n`));
    const query = new URLSearchParams({ ...how.query, options: JSON.stringify(options) });
    if (late === true) query.set("late", "");
    if (strict === true) query.set("strict", "");
    await page.goto(`${origin ?? network.url}/page?${query}`);
    return page;
  }

  async closePages(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close();
  }

  async stop(): Promise<void> {
    await this.#browser.close();
  }
}

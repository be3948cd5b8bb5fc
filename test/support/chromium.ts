/** Headless Chromium, for tests of what runs in a browser. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian and its derivatives install it; OVATION_TEST_CHROMIUM names another one. */
const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const chromiumPath = process.env["OVATION_TEST_CHROMIUM"] ?? PATHS.find((path) => existsSync(path));

/** Unless tools are required, tests that need a missing one are left out, by name. */
export const hasBrowser =
  chromiumPath !== undefined || Boolean(process.env["OVATION_TEST_REQUIRE"]);
if (!hasBrowser) process.stderr.write("Left out: tests in a browser (there is no Chromium)\n");

/** Playwright turns the cache off, since it keeps pages that a test has left. */
const WITHOUT_PAGE_CACHE = "--disable-back-forward-cache";

export interface ChromiumOptions {
  /** Whether the browser keeps left pages for the back button. */
  readonly hasPageCache?: boolean;
}

/** Starts a browser, which the caller closes. */
export async function launchChromium({ hasPageCache }: ChromiumOptions = {}): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error("no Chromium: .ci/prepare installs one");
  // Without a GPU, drawing on the CPU alone is cheaper than emulating one.
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
  return await chromium.launch({
    executablePath: chromiumPath,
    args,
    ignoreDefaultArgs: hasPageCache === true ? [WITHOUT_PAGE_CACHE] : [],
  });
}

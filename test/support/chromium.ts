/** Headless Chromium, for tests of what runs in a browser. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian and its kin put it; OVATION_TEST_CHROMIUM names another one. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const chromiumPath =
  process.env["OVATION_TEST_CHROMIUM"] ?? PLACES.find((place) => existsSync(place));

/** Where nothing has to be there, what this machine lacks is left out, and named. */
export const hasBrowser =
  chromiumPath !== undefined || Boolean(process.env["OVATION_TEST_REQUIRE"]);
if (!hasBrowser) process.stderr.write("Left out: tests in a browser (there is no Chromium)\n");

/** Playwright turns it off, since it keeps pages that a test has left. */
const WITHOUT_PAGE_CACHE = "--disable-back-forward-cache";

export interface ChromiumOptions {
  /** Whether pages that were left are kept for the back button. */
  readonly hasPageCache?: boolean;
}

/** Starts one; whoever does so closes it. */
export async function launchChromium({ hasPageCache }: ChromiumOptions = {}): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error("no Chromium: .ci/prepare installs one");
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  return await chromium.launch({
    executablePath: chromiumPath,
    args,
    ignoreDefaultArgs: hasPageCache === true ? [WITHOUT_PAGE_CACHE] : [],
  });
}

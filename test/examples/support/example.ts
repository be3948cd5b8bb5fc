/** An example's project, a stack for it, and a browser. */
import type { Browser } from "playwright-core";
import { freePort } from "../../../kit/nats/free-port.ts";
import type { GatewayConfig } from "../../../shared/config/settings.ts";
import { launchChromium } from "../../support/chromium.ts";
import { Project } from "../../support/project.ts";
import { TestStack } from "../../support/stack.ts";

export interface Example {
  readonly project: Project;
  readonly stack: TestStack;
  readonly browser: Browser;
  /** The page's, on a free port. */
  readonly url: string;
  readonly port: string;
  readonly stop: () => Promise<void>;
}

/** @param variable the environment variable by which the example finds its gateway */
export async function startExample(
  name: string,
  variable: string,
  gateway: Partial<GatewayConfig> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<Example> {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}/`;
  const allowedOrigins = ["same-origin", new URL(url).origin];
  const settings = { allowedOrigins, lingerMs: 0, countIntervalMs: 50, ...gateway };
  const stack = await TestStack.start({ gateway: settings });
  const browser = await launchChromium();
  const own = { [variable]: `http://127.0.0.1:${stack.gateway.port}`, PORT: port, ...env };
  const project = new Project(`examples/${name}`, own);
  return {
    project,
    stack,
    browser,
    url,
    port,
    stop: async () => {
      await project.stop();
      await browser.close();
      await stack.stop();
    },
  };
}

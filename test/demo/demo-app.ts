/** The stack that `npm start` runs, and windows of its page in a real browser. */
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page,
} from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { NpmStart } from "../local/npm-start.ts";
import { launchChromium } from "../support/chromium.ts";

/** A window of the demo page, through what a person sees on it. */
export class Window {
  readonly page: Page;
  readonly context: BrowserContext;

  constructor(page: Page, context: BrowserContext) {
    this.page = page;
    this.context = context;
  }

  get status(): Locator {
    return this.page.locator(".status");
  }

  get like(): Locator {
    return this.page.getByRole("button", { name: "Like" });
  }

  get likes(): Locator {
    return this.page.getByTestId("likes");
  }

  /** The button of a reaction, by its word. */
  reaction(word: string): Locator {
    return this.page.getByRole("button", { name: word });
  }

  /** The button of a poll's choice. */
  choice(text: string): Locator {
    return this.page.locator(".poll-choice", { hasText: text });
  }

  /** The numbers that viewers have made, as they are shown. */
  async numbers() {
    const texts = async (selector: string) => await this.page.locator(selector).allInnerTexts();
    return {
      likes: await this.likes.innerText(),
      reactions: await texts(".reaction-count"),
      shares: await texts(".poll-share"),
      votes: await texts("[data-testid=poll-total]"),
    };
  }

  get viewers(): Locator {
    return this.page.getByTestId("viewers");
  }

  get audience(): Locator {
    return this.page.getByRole("slider", { name: "Audience" });
  }

  get happened(): Locator {
    return this.page.getByRole("log", { name: "What happened" });
  }

  /** The stored comments, oldest first. */
  get comments(): Locator {
    return this.page.locator(".comment:not(.pending) .comment-text");
  }

  /** The card of a process. */
  process(name: string): Locator {
    return this.page.getByRole("article", { name });
  }

  async say(text: string): Promise<void> {
    const line = this.page.getByRole("textbox", { name: "Your comment" });
    await line.fill(text);
    await line.press("Enter");
  }

  /** Resolves when the text is among the stored comments. */
  async showsComment(text: string): Promise<void> {
    await this.comments.filter({ hasText: text }).first().waitFor();
  }

  async kill(name: string): Promise<void> {
    await this.page.getByRole("button", { name: `Kill ${name}` }).click();
  }

  async revive(name: string): Promise<void> {
    await this.page.getByRole("button", { name: `Revive ${name}` }).click();
  }

  /** The gateway that the page is connected to. */
  async ownGateway(): Promise<string> {
    const mark = this.page.getByTitle("This page is connected to it");
    const own = this.page.getByRole("article").filter({ has: mark });
    return (await own.getAttribute("aria-label")) ?? "";
  }
}

export class DemoApp {
  readonly port: number;
  readonly #stack: NpmStart;
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];
  /** Errors of the pages. */
  readonly faults: string[] = [];

  private constructor(port: number, stack: NpmStart, browser: Browser) {
    this.port = port;
    this.#stack = stack;
    this.#browser = browser;
  }

  /** Starts it without an audience. */
  static async start(): Promise<DemoApp> {
    const port = await freePort();
    const stack = new NpmStart("--port", String(port), "--audience", "0");
    try {
      await stack.up();
      return new DemoApp(port, stack, await launchChromium());
    } catch (error) {
      await stack.cleanUp();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** The page that it prints. */
  get printedPage(): string {
    const [, lines = ""] = /^A page of your own.*\n((?: {2}.*\n)+)/m.exec(this.#stack.output) ?? [];
    return lines.replaceAll(/^ {2}/gm, "");
  }

  /** Opens any page in a new window. */
  async show(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ reducedMotion: "reduce", ...options });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.faults.push(String(error.stack)));
    await page.goto(url);
    return page;
  }

  /**
   * Opens the page in a new window, and resolves when it watches the video. Without other options
   * the page moves little: a browser without a graphics card draws each frame on the CPU.
   */
  async open(options: BrowserContextOptions & { readonly url?: string } = {}): Promise<Window> {
    const { url = this.url, ...contextOptions } = options;
    const page = await this.show(url, contextOptions);
    const window = new Window(page, page.context());
    await window.viewers.filter({ hasText: /[1-9]/ }).waitFor();
    return window;
  }

  /** Publishes as a backend does. */
  async publish(events: readonly object[], video = "launch"): Promise<void> {
    const answer = await fetch(`${this.url}v1/videos/${video}/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(events),
    });
    if (!answer.ok) throw new Error(`not published: ${await answer.text()}`);
  }

  /** Opens, changes or ends a poll as a backend does. */
  async putPoll(video: string, change: object = {}): Promise<void> {
    const answer = await fetch(`${this.url}v1/videos/${video}/polls/song`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ question: "What next?", choices: ["Slow", "Loud"], ...change }),
    });
    if (!answer.ok) throw new Error(`no poll: ${await answer.text()}`);
  }

  /** The page with a video of its own, which no other test and no simulated audience watches. */
  urlOf(video: string): string {
    return `${this.url}?video=${video}`;
  }

  async closeWindows(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close();
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#stack.signalGroup("SIGINT");
    await this.#stack.ended;
    await this.#stack.cleanUp();
  }
}

/**
 * Starts the demo app for the surrounding tests. After each of them, it closes all windows and checks
 * that no page reported an error.
 * @returns a getter for the running app
 */
export function useDemoApp(): () => DemoApp {
  let app: DemoApp | undefined;
  const get = (): DemoApp => {
    if (app === undefined) throw new Error("the stack is not running");
    return app;
  };
  beforeAll(async () => {
    app = await DemoApp.start();
  });
  afterEach(async () => {
    await get().closeWindows();
    expect(get().faults.splice(0)).toEqual([]);
  });
  afterAll(() => app?.stop());
  return get;
}

/** The code of a page of documentation, as printed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

interface Block {
  /** What follows the opening fence, such as `ts`. */
  readonly language: string;
  readonly code: string;
}

/** A page's fenced blocks, and which of them a test has taken. */
export class PageCode {
  readonly #page: string;
  readonly #blocks: readonly Block[];
  readonly #taken = new Set<Block>();

  /** @param page relative to the root of the repository */
  constructor(page: string) {
    this.#page = page;
    const fences = readFileSync(join(ROOT, page), "utf8").matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
    this.#blocks = [...fences].map(([, language = "", code = ""]) => ({ language, code }));
  }

  /**
   * The only block of these languages that contains the text.
   * @param languages such as `ts` or `ts|tsx`
   * @throws when there is none, or more than one
   */
  block(languages: string, holds = ""): string {
    const wanted = languages.split("|");
    const found = this.#blocks.filter(
      ({ language, code }) => wanted.includes(language) && code.includes(holds),
    );
    const [only] = found;
    if (only === undefined || found.length > 1) {
      const what = `${languages} blocks that contain ${JSON.stringify(holds)}`;
      throw new Error(`${this.#page} has ${found.length} ${what}`);
    }
    this.#taken.add(only);
    return only.code;
  }

  /** The blocks that no test has taken: page and first line. */
  get untaken(): readonly string[] {
    return this.#blocks
      .filter((block) => !this.#taken.has(block))
      .map(({ language, code }) => `${this.#page}: ${language}: ${code.split("\n", 1)[0]}`);
  }
}

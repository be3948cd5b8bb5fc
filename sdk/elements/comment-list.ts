/**
 * The comments, newest at the end. However many arrive, they are added once per animation frame, and
 * a bounded number is kept. While the reader has scrolled back, nothing moves: new ones wait.
 */
import { type Comment, hueOf } from "./comment.ts";
import { button, h, icon, oncePerFrame, setText } from "./dom.ts";
import type { MessageName } from "./english.ts";
import type { Words } from "./messages.ts";

const DOTS = "M5 12h.01M12 12h.01M19 12h.01";
/** This close to the end counts as being there. */
const NEAR_PX = 40;

export const LIST_CSS = `
.box { position: relative; flex: 1; min-block-size: 0; }
.scroll { block-size: 100%; padding: 12px 14px; overflow-y: auto; overflow-anchor: none; overscroll-behavior: contain; contain: strict; }
.lines { display: flex; flex-direction: column; justify-content: flex-end; gap: 4px; min-block-size: 100%; }
.none { display: grid; place-items: center; block-size: 100%; color: var(--_muted); }
.line { display: flex; gap: 4px; padding: 1px 0; overflow-wrap: anywhere; }
.body { flex: 1; min-inline-size: 0; white-space: pre-wrap; }
.name { font-weight: 650; color: light-dark(oklch(0.47 0.13 var(--hue)), oklch(0.82 0.11 var(--hue))); }
.notice, .pending .name { color: var(--_muted); }
.note { margin-inline-start: 0.5em; color: var(--_muted); font-size: 0.87em; }
.act { flex: none; align-self: start; padding: 1px 5px; border: 0; border-radius: 8px; background: none; color: var(--_muted); opacity: 0; }
.line:hover .act, .act:focus-visible, .act[aria-expanded="true"] { opacity: 1; }
.act:hover { background: var(--_raised); color: var(--_text); }
.more { position: absolute; inset-block-end: 10px; inset-inline: 0; margin-inline: auto; inline-size: fit-content; padding: 5px 14px; border: 0; border-radius: 99px; background: var(--_text); color: var(--_surface); font-size: 0.87em; font-weight: 600; }
`;

/** What a list needs from its element. */
interface ListHost {
  /** The newest comments that are kept. */
  readonly limit: number;
  text(name: MessageName, words?: Words): string;
  /** Whether the viewer may do something with a comment. */
  canAct(comment: Comment): boolean;
  /** Opens the menu of a comment. */
  act(comment: Comment, opener: HTMLElement): void;
  /** New comments have been shown. */
  onShown(comments: readonly Comment[]): void;
}

interface Line {
  readonly comment: Comment;
  readonly row: HTMLLIElement;
}

export class CommentList {
  readonly element: HTMLElement;
  readonly #host: ListHost;
  readonly #none = h("p", { class: "none" });
  readonly #lines = h("ol", { class: "lines", hidden: true });
  readonly #scroll = h(
    "div",
    { class: "scroll", part: "list", role: "log", "aria-live": "off", tabindex: "0" },
    this.#none,
    this.#lines,
  );
  readonly #more = button({ class: "more", part: "more", hidden: true }, () => this.follow());
  readonly #flush = oncePerFrame(() => this.#add());
  #shown: Line[] = [];
  #waiting: Comment[] = [];
  /** How many have arrived since the reader scrolled back; more than are kept may have. */
  #missed = 0;
  #isHeld = false;
  /** The button that the Tab key finds. */
  #tabbable: HTMLButtonElement | undefined;

  constructor(host: ListHost) {
    this.#host = host;
    this.element = h("div", { class: "box" }, this.#scroll, this.#more);
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#scroll.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => {
      if (!this.#isHeld) this.#toEnd();
    }).observe(this.#scroll);
  }

  /** Sets the texts that go by the language, and what may be done with comments. */
  render(): void {
    const { text } = this.#host;
    this.#scroll.ariaLabel = text("comments");
    setText(this.#none, text("none"));
    for (const { comment, row } of this.#shown) this.#offer(comment, row);
    this.#showMore();
  }

  add(comment: Comment): void {
    this.#waiting.push(comment);
    if (this.#waiting.length > this.#host.limit) this.#waiting.shift();
    if (this.#isHeld) this.#missed += 1;
    this.#flush();
  }

  /** Removes the comment of this id. */
  remove(id: string): void {
    this.#waiting = this.#waiting.filter((comment) => comment.id !== id);
    const line = this.#shown.find(({ comment }) => comment.id === id);
    if (line === undefined) return;
    if (line.row.contains((line.row.getRootNode() as ShadowRoot).activeElement)) {
      this.#scroll.focus();
    }
    line.row.remove();
    this.#shown = this.#shown.filter((other) => other !== line);
    this.#showEmpty();
  }

  clear(): void {
    this.#lines.replaceChildren();
    this.#shown = [];
    this.#waiting = [];
    this.#showEmpty();
    this.follow();
  }

  /** A line that says that some comments are missing. */
  notice(): void {
    this.#lines.append(h("li", { class: "line notice" }, this.#host.text("missed")));
    this.#showEmpty();
    this.#toEnd();
  }

  /** A comment that is not stored yet. @returns what removes it */
  pend(name: string, text: string): () => void {
    const note = h("span", { class: "note" }, this.#host.text("sending"));
    const row = h("li", { class: "line pending" }, body(name, name, text, note));
    this.#lines.append(row);
    this.#showEmpty();
    this.follow();
    return () => {
      row.remove();
      this.#showEmpty();
    };
  }

  /** Shows the newest ones, and those to come. */
  follow(): void {
    this.#isHeld = false;
    this.#missed = 0;
    this.#showMore();
    this.#flush();
    this.#toEnd();
  }

  #add(): void {
    if (this.#isHeld) return this.#showMore();
    const added = this.#waiting.splice(0).map((comment) => ({ comment, row: this.#row(comment) }));
    if (added.length === 0) return;
    // Those that are not stored yet stay last.
    const pending = this.#lines.querySelector(".pending");
    const rows = document.createDocumentFragment();
    rows.append(...added.map(({ row }) => row));
    this.#lines.insertBefore(rows, pending);
    const all = [...this.#shown, ...added];
    const extra = Math.max(0, all.length - this.#host.limit);
    for (const { row } of all.slice(0, extra)) row.remove();
    this.#shown = all.slice(extra);
    this.#showEmpty();
    this.#toEnd();
    this.#host.onShown(added.map(({ comment }) => comment));
  }

  #row(comment: Comment): HTMLLIElement {
    const { name } = comment;
    const row = h(
      "li",
      { class: "line", part: "comment" },
      body(name, comment.actor ?? name, comment.text),
    );
    this.#offer(comment, row);
    return row;
  }

  /** Adds the button for what may be done with it, or removes it. */
  #offer(comment: Comment, row: HTMLElement): void {
    const known = row.querySelector<HTMLButtonElement>(".act");
    const canAct = this.#host.canAct(comment);
    if (!canAct) known?.remove();
    if (!canAct || known !== null) return;
    const act = button(
      { class: "act", part: "act", tabindex: "-1", "aria-haspopup": "menu" },
      () => this.#host.act(comment, act),
      icon(DOTS),
    );
    act.ariaLabel = this.#host.text("actions", { name: comment.name });
    row.append(act);
    // The newest, unless the reader is at another.
    const focused = (row.getRootNode() as ShadowRoot).activeElement;
    if (this.#tabbable === undefined || focused !== this.#tabbable) this.#setTabbable(act);
  }

  #setTabbable(act: HTMLButtonElement): void {
    if (this.#tabbable !== undefined) this.#tabbable.tabIndex = -1;
    act.tabIndex = 0;
    this.#tabbable = act;
  }

  /** The arrow keys go from one comment's button to the next. */
  #key(event: KeyboardEvent): void {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const { target } = event;
    if (step === undefined || !(target instanceof HTMLButtonElement)) return;
    const all = [...this.#lines.querySelectorAll<HTMLButtonElement>(".act")];
    const next = all[all.indexOf(target) + step];
    event.preventDefault();
    if (next === undefined) return;
    this.#setTabbable(next);
    next.focus();
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    const isHeld = scrollHeight - scrollTop - clientHeight > NEAR_PX;
    if (isHeld === this.#isHeld) return;
    if (isHeld) this.#isHeld = true;
    else this.follow();
  }

  #toEnd(): void {
    if (!this.#isHeld) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #showMore(): void {
    const count = this.#isHeld ? this.#missed : 0;
    this.#more.hidden = count === 0;
    if (count > 0) setText(this.#more, this.#host.text("fresh", { n: count }));
  }

  #showEmpty(): void {
    const isEmpty = this.#lines.childElementCount === 0;
    this.#none.hidden = !isEmpty;
    this.#lines.hidden = isEmpty;
  }
}

/** @param who whose colour the name has */
function body(name: string, who: string, text: string, ...more: readonly Node[]): HTMLElement {
  const label = h("bdi", { class: "name", part: "name" }, name);
  label.style.setProperty("--hue", String(hueOf(who)));
  const words = h("bdi", { part: "text" }, text);
  return h("span", { class: "body" }, label, "  ", words, ...more);
}

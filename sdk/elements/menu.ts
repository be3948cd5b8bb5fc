/** A menu over the page, by pointer and keyboard (https://www.w3.org/WAI/ARIA/apg/patterns/menu-button/). */
import type { button, h } from "./dom.ts";
import type { sheetOf } from "./theme.ts";

const CSS = `
.menu { position: fixed; inset: auto; margin: 0; min-inline-size: 190px; max-inline-size: min(320px, 90vw); padding: 6px; border: 1px solid var(--_line); border-radius: 12px; background: var(--_surface); color: var(--_text); box-shadow: 0 10px 30px -8px rgb(0 0 0 / 35%); }
.item { display: block; inline-size: 100%; padding: 8px 12px; border: 0; border-radius: 8px; background: none; text-align: start; overflow-wrap: anywhere; }
.item:hover, .item:focus-visible { background: var(--_raised); }
.item:focus-visible { outline-offset: -2px; }
.item[aria-checked="true"]::after { content: " ✓"; }
.harsh { color: var(--_danger); }
`;

export interface MenuItem {
  readonly label: string;
  /** Whether it takes something away for good: it is asked for twice. */
  readonly isHarsh?: boolean;
  /** Of several, the one that holds; undefined if it is none of several. */
  readonly isChecked?: boolean;
  run(): void;
}

const KEYS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_at, count) => count - 1,
};

/** The code of this menu is loaded when one is opened. It is handed what the elements have already. */
export interface MenuTools {
  readonly h: typeof h;
  readonly button: typeof button;
  readonly sheetOf: typeof sheetOf;
}

export class Menu {
  readonly #tools: MenuTools;
  readonly #element: HTMLElement;
  #opener: HTMLElement | undefined;

  /** @param root where it is shown */
  constructor(root: ShadowRoot, tools: MenuTools) {
    this.#tools = tools;
    const attributes = { class: "menu", part: "menu", role: "menu", popover: "auto" };
    this.#element = tools.h("div", attributes);
    root.adoptedStyleSheets.push(tools.sheetOf(CSS));
    root.append(this.#element);
    this.#element.addEventListener("keydown", (event) => this.#key(event));
    this.#element.addEventListener("toggle", (event) => {
      const isOpen = (event as ToggleEvent).newState === "open";
      if (this.#opener !== undefined) this.#opener.ariaExpanded = String(isOpen);
    });
  }

  /** @param sure what the second click on a harsh item is asked with */
  open(opener: HTMLElement, label: string, items: readonly MenuItem[], sure: string): void {
    const element = this.#element;
    if (element.matches(":popover-open")) element.hidePopover();
    this.#opener = opener;
    element.ariaLabel = label;
    element.replaceChildren(...items.map((item) => this.#item(item, sure)));
    element.showPopover();
    this.#place(opener);
    (element.firstElementChild as HTMLElement | null)?.focus();
  }

  #item(item: MenuItem, sure: string): HTMLElement {
    const { label, isHarsh = false, isChecked } = item;
    const role = isChecked === undefined ? "menuitem" : "menuitemradio";
    const entry = this.#tools.button(
      { class: isHarsh ? "item harsh" : "item", part: "menu-item", role, tabindex: "-1" },
      () => {
        if (isHarsh && entry.textContent === label) {
          entry.textContent = `${label}: ${sure}`;
          return;
        }
        this.#element.hidePopover();
        this.#opener?.focus();
        item.run();
      },
      label,
    );
    if (isChecked !== undefined) entry.ariaChecked = String(isChecked);
    return entry;
  }

  /** Below the opener, or above where there is no room; inside the window. */
  #place(opener: HTMLElement): void {
    const element = this.#element;
    const at = opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = element;
    const below = at.bottom + 4;
    const top = below + height > innerHeight ? Math.max(4, at.top - 4 - height) : below;
    const isRtl = opener.matches(":dir(rtl)");
    const left = isRtl ? at.left : at.right - width;
    element.style.top = `${top}px`;
    element.style.left = `${Math.min(Math.max(4, left), innerWidth - width - 4)}px`;
  }

  #key(event: KeyboardEvent): void {
    const items = [...this.#element.children] as HTMLElement[];
    const at = items.indexOf(event.target as HTMLElement);
    const next = KEYS[event.key]?.(at, items.length);
    if (next === undefined) {
      if (event.key === "Tab") this.#element.hidePopover();
      return;
    }
    event.preventDefault();
    items[next]?.focus();
  }
}

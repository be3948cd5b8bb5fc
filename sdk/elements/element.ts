/** What all elements have in common: attributes, the client that they share, texts and faults. */
import type {
  Ovation,
  OvationError,
  Playhead,
  TokenSource,
  Video,
  VideoOptions,
} from "../index.ts";
import { type Access, clientFor, type SharedClient } from "./clients.ts";
import type { MessageName, Messages } from "./english.ts";
import { faultName, loadLanguage, numberOf, textOf, type Words } from "./messages.ts";
import { sheetOf, THEME } from "./theme.ts";

/** The element that others take their settings from. */
const AROUND = "ovation-live";
/** Properties that an application may have set before the element was defined. */
const GIVEN = ["token", "client", "messages", "playhead"] as const;
const PROPERTIES = new Set<string>(GIVEN);

/** On a server there is no such class, and nothing is defined. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

function camelCase(attribute: string): string {
  return attribute.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
}

/** The nearest element from a node on that matches, across shadow roots. */
function around(from: Node | null, selector: string): Element | undefined {
  let node = from;
  while (node !== null) {
    const found = node instanceof Element ? node.closest(selector) : null;
    if (found !== null) return found;
    const root = node.getRootNode();
    node = root instanceof ShadowRoot ? root.host : null;
  }
  return undefined;
}

/**
 * Adds a property for each attribute, as built-in elements have them.
 * @returns the attributes, for `observedAttributes`
 */
export function reflect(
  { prototype }: { readonly prototype: object },
  texts: readonly string[],
  flags: readonly string[] = [],
): readonly string[] {
  const all = [...texts, ...flags];
  for (const name of all) {
    const isFlag = flags.includes(name);
    const property = camelCase(name);
    PROPERTIES.add(property);
    Object.defineProperty(prototype, property, {
      get(this: HTMLElement) {
        return isFlag ? this.hasAttribute(name) : (this.getAttribute(name) ?? "");
      },
      set(this: HTMLElement, value: unknown) {
        const isNone = value === undefined || value === null || (isFlag && value === false);
        if (isNone) this.removeAttribute(name);
        else this.setAttribute(name, isFlag ? "" : String(value));
      },
    });
  }
  return all;
}

/**
 * The attributes, properties and events of every element.
 *
 * @example
 * const chat = document.querySelector("ovation-chat");
 * chat?.addEventListener("ovation-error", ({ detail }) => report(detail.code));
 */
export abstract class OvationElement extends Base {
  static readonly observedAttributes: readonly string[] = [
    "lang",
    ...reflect(OvationElement, ["url", "video", "token-url"], ["guest", "no-reports"]),
  ];

  /** The gateway's address, or several with blanks between them. */
  declare url: string;
  /** The video's id. */
  declare video: string;
  /** Where the site's backend answers with a token. */
  declare tokenUrl: string;
  /** Whether a viewer without a token gets an identity, which only open gateways believe. */
  declare guest: boolean;
  /** Whether the client sends no reports of what this viewer gets. */
  declare noReports: boolean;
  /** The viewer's token, or a function that fetches one, in place of `token-url`. */
  declare token: TokenSource | undefined;
  /** A client of the application, in place of `url` and tokens. */
  declare client: Ovation | undefined;
  /** Texts that go before those of the language. */
  declare messages: Partial<Messages>;
  /** The moment that the viewer sees; see {@link VideoOptions}. */
  declare playhead: Playhead | undefined;
  protected readonly root: ShadowRoot;
  /** Elements that go by the settings of this one. */
  private readonly inside = new Set<OvationElement>();
  #around: OvationElement | undefined;
  readonly #given: { [Name in (typeof GIVEN)[number]]?: OvationElement[Name] } = {
    messages: {},
  };
  #language = "en";
  #isScheduled = false;
  /** What is followed at present. */
  #shared: SharedClient | undefined;
  #followed = "";
  #offs: readonly (() => void)[] = [];

  static {
    for (const name of GIVEN) {
      Object.defineProperty(OvationElement.prototype, name, {
        get(this: OvationElement) {
          return this.#given[name];
        },
        set(this: OvationElement, value: never) {
          this.#given[name] = value;
          this.settingsChanged();
        },
      });
    }
  }

  /** @param css of this element, after that of all */
  constructor(css: string) {
    super();
    this.root = this.attachShadow({ mode: "open" });
    this.root.adoptedStyleSheets = [sheetOf(THEME), sheetOf(css)];
  }

  connectedCallback(): void {
    // Whatever hides a property was set before there was one.
    for (const [name, value] of Object.entries(this)) {
      if (!PROPERTIES.has(name)) continue;
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
    const found = around(this.parentNode, AROUND);
    this.#around = found instanceof OvationElement ? found : undefined;
    this.#around?.inside.add(this);
    this.settingsChanged();
  }

  disconnectedCallback(): void {
    this.#around?.inside.delete(this);
    this.#around = undefined;
    this.settingsChanged();
  }

  attributeChangedCallback(): void {
    this.settingsChanged();
  }

  /** Something that {@link follow} or {@link render} goes by has changed; both run soon. */
  protected settingsChanged(): void {
    for (const element of this.inside) element.settingsChanged();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#apply();
    });
  }

  /**
   * Begins to listen to a video.
   * @returns what ends it
   */
  protected abstract follow(video: Video): readonly (() => void)[];

  /** Shows what has changed besides the video: texts, rights. */
  protected abstract render(): void;

  /** What {@link follow} goes by, besides the video and its options. */
  protected get followedBy(): readonly unknown[] {
    return [];
  }

  /** Options of the video that is followed. */
  protected get videoOptions(): VideoOptions {
    return {};
  }

  /** An attribute of this element, or else of the `<ovation-live>` around it. */
  protected setting(name: string): string | undefined {
    return this.getAttribute(name) ?? this.#around?.setting(name);
  }

  /** The client of this element; undefined while it has no video, or is not in a page. */
  protected get shared(): SharedClient | undefined {
    return this.#shared;
  }

  protected text(name: MessageName, words: Words = {}): string {
    return textOf(name, words, { language: this.#language, own: this.texts });
  }

  /** A language tag that `Intl` knows. */
  protected get language(): string {
    return this.#language;
  }

  protected number(value: number): string {
    return numberOf(value, this.#language);
  }

  /** What to say of an error; the application is told too. */
  protected fault(error: OvationError): string {
    this.tell("ovation-error", error);
    const name = faultName(error.code);
    if (name === undefined) return this.text("failed", { why: error.message });
    return this.text(name, { n: error.limit ?? 0 });
  }

  /** Dispatches an event that leaves shadow trees. */
  protected tell<Name extends keyof ElementEvents>(name: Name, detail: ElementEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }

  private get texts(): Partial<Messages> {
    return { ...this.#around?.texts, ...this.#given.messages };
  }

  private get picture(): Playhead | undefined {
    return this.#given.playhead ?? this.#around?.picture;
  }

  private get access(): Access {
    const around = this.#around?.access;
    return {
      url: this.getAttribute("url") ?? around?.url ?? "",
      tokenUrl: this.getAttribute("token-url") ?? around?.tokenUrl ?? "",
      token: this.#given.token ?? around?.token,
      isGuest: this.guest || around?.isGuest === true,
      reports: !this.noReports && around?.reports !== false,
      client: this.#given.client ?? around?.client,
    };
  }

  #findLanguage(): string {
    const lang = around(this, "[lang]")?.getAttribute("lang") || navigator.language;
    return Intl.DisplayNames.supportedLocalesOf([lang, "en"])[0] ?? "en";
  }

  #apply(): void {
    const id = this.setting("video") ?? "";
    if (!this.isConnected || id === "") return this.#stop();
    this.#language = this.#findLanguage();
    const loading = loadLanguage(this.#language);
    if (loading !== undefined) return void loading.then(() => this.settingsChanged());
    try {
      const shared = clientFor(this.access);
      const { picture, videoOptions } = this;
      const followed = JSON.stringify([id, videoOptions, !picture, this.followedBy]);
      if (shared !== this.#shared || followed !== this.#followed) {
        this.#stop();
        const playhead = picture && (() => this.picture?.());
        const video = shared.ovation.video(id, { ...videoOptions, playhead });
        this.#shared = shared;
        this.#followed = followed;
        this.#offs = [shared.use(() => this.render()), ...this.follow(video)];
      }
    } catch (error) {
      // An address or a video that can't be: the page's author must know.
      reportError(error);
      return;
    }
    this.render();
  }

  #stop(): void {
    for (const off of this.#offs) off();
    this.#offs = [];
    this.#shared = undefined;
    this.#followed = "";
  }
}

/**
 * What elements dispatch, with the `detail` of each; all of them bubble.
 *
 * @example
 * document.addEventListener("ovation-sent", ({ detail }) => count(detail.kind));
 */
export interface ElementEvents {
  /** Something that the viewer did was refused. */
  "ovation-error": OvationError;
  /** What the viewer sent was accepted. */
  "ovation-sent": { readonly kind: string; readonly eventId: string };
}

declare global {
  interface GlobalEventHandlersEventMap {
    "ovation-error": CustomEvent<ElementEvents["ovation-error"]>;
    "ovation-sent": CustomEvent<ElementEvents["ovation-sent"]>;
  }
}

/** `<ovation-chat>`: comments, the line to write one, what is pinned, and moderators' menus. */
import type { OvationError, OvationEvent, RoomRules, Video, VideoOptions } from "../index.ts";
import { Announcer } from "./announcer.ts";
import type { Acting, ChatMenus } from "./chat-menus.ts";
import { type Comment, commentOf } from "./comment.ts";
import { CommentList, LIST_CSS } from "./comment-list.ts";
import { COMPOSE_CSS, Compose } from "./compose.ts";
import { button, h, setText } from "./dom.ts";
import { OvationElement, reflect } from "./element.ts";
import { addEnglish } from "./messages.ts";
import { sheetOf } from "./theme.ts";

const HISTORY = 50;
const LIMIT = 200;
const CLOCK_MS = 1_000;

const CSS = `
:host { display: flex; block-size: var(--ovation-chat-height, 440px); }
section { position: relative; display: flex; flex: 1; flex-direction: column; min-inline-size: 0; overflow: clip; }
.pinned { display: flex; gap: 8px; align-items: baseline; max-block-size: 30%; padding: 8px 14px; overflow-y: auto; border-block-end: 1px solid var(--_line); background: var(--_raised); overflow-wrap: anywhere; }
.mark { flex: none; color: var(--_muted); font-size: 0.8em; font-weight: 650; }
.state, .done { color: var(--_muted); font-size: 0.87em; }
.state { padding: 6px 14px; background: var(--_raised); text-align: center; }
.said { padding: 0 14px 8px; }
${LIST_CSS}${COMPOSE_CSS}`;

/**
 * The comments of a video, and a line to write one. Authors may delete theirs; with a token that may
 * moderate, each comment and the room have a menu.
 *
 * @example
 * <ovation-chat url="https://live.example.com" video="launch" token-url="/my/token"></ovation-chat>
 */
export class OvationChat extends OvationElement {
  static override readonly observedAttributes = [
    ...OvationElement.observedAttributes,
    ...reflect(OvationChat, ["kind", "history", "limit", "name"], ["readonly"]),
  ];
  static readonly parts: readonly string[] =
    "chat pinned state list comment name text act more compose closed form field input name-input send room menu menu-item fault done".split(
      " ",
    );
  /** The kind of event that comments are; `comment` if empty. */
  declare kind: string;
  /** How many earlier comments are shown; 50 if empty. */
  declare history: string;
  /** How many comments are kept; 200 if empty. */
  declare limit: string;
  /** The viewer's name, as others see it. If empty, a viewer without a token of its own is asked. */
  declare name: string;
  /** Whether the viewer only reads. */
  declare readonly: boolean;
  readonly #announcer = new Announcer((n) => this.text("fresh", { n }));
  readonly #list: CommentList;
  readonly #compose: Compose;
  readonly #mark = h("span", { class: "mark" });
  readonly #pinnedText = h("bdi");
  readonly #pinned = h("p", { class: "pinned", part: "pinned" }, this.#mark, this.#pinnedText);
  readonly #state = h("p", { class: "state", part: "state", role: "status" });
  readonly #fault = h("p", { class: "said fault", part: "fault", role: "alert" });
  readonly #done = h("p", { class: "said done", part: "done", role: "status" });
  readonly #section: HTMLElement;
  #menus: ChatMenus | undefined;
  #video: Video | undefined;
  #rules: RoomRules = {};
  #pinnedEvent: OvationEvent | undefined;
  #canSendAt: number | undefined;
  /** What this page has sent, for viewers without an actor. */
  readonly #sent = new Set<string>();

  constructor() {
    super(CSS);
    this.#list = new CommentList(this.#listHost());
    this.#compose = new Compose({
      text: (name, words) => this.text(name, words),
      send: (text, name) => this.#send(text, name),
      openRoom: (opener) =>
        void this.#open((menus) => menus.openRoom(opener, this.#rules, this.#kind)),
    });
    this.#section = h(
      "section",
      { class: "card", part: "chat" },
      this.#pinned,
      this.#state,
      this.#list.element,
      this.#compose.element,
      this.#fault,
      this.#done,
      this.#announcer.element,
    );
    this.root.append(this.#section);
  }

  protected override get videoOptions(): VideoOptions {
    return { history: Number(this.setting("history") || HISTORY) };
  }

  protected override get followedBy(): readonly unknown[] {
    return [this.kind];
  }

  get #kind(): string {
    return this.kind || "comment";
  }

  protected override follow(video: Video): readonly (() => void)[] {
    this.#video = video;
    this.#rules = {};
    this.#pinnedEvent = undefined;
    this.#list.clear();
    const timer = setInterval(() => {
      if (this.#canSendAt !== undefined) this.#showCompose();
    }, CLOCK_MS);
    return [
      video.on(this.#kind, (event) => this.#list.add(commentOf(event, this.text("guest")))),
      video.on("retracted", ({ data: { id } }) => this.#list.remove(id)),
      video.onMissed(({ isNewHistory }) => {
        if (isNewHistory) this.#list.clear();
        else this.#list.notice();
      }),
      video.on("rules", ({ data }) => {
        this.#rules = data ?? {};
        this.#showCompose();
      }),
      video.on("pinned", ({ data }) => {
        this.#pinnedEvent = data;
        this.#showPinned();
      }),
      video.canSendAt.onChange((at) => {
        this.#canSendAt = at;
        this.#showCompose();
      }),
      ...this.#listen(video),
      () => clearInterval(timer),
      () => this.#announcer.stop(),
    ];
  }

  /** To the client: whether it is connected, and may watch. */
  #listen({ id }: Video): readonly (() => void)[] {
    const ovation = this.shared?.ovation;
    if (ovation === undefined) return [];
    return [
      ovation.onState(() => this.#showState()),
      ovation.onError((error) => {
        if (error.video === id) setText(this.#fault, this.fault(error));
      }),
    ];
  }

  protected override render(): void {
    this.#section.ariaLabel = this.text("comments");
    this.#list.render();
    this.#showPinned();
    this.#showState();
    this.#showCompose();
  }

  #showPinned(): void {
    const event = this.#pinnedEvent;
    this.#pinned.hidden = event === undefined;
    if (event === undefined) return;
    const { name, text } = commentOf(event, this.text("guest"));
    setText(this.#mark, this.text("pinned"));
    setText(this.#pinnedText, `${name}: ${text}`);
  }

  #showState(): void {
    const name = this.shared?.ovation.state.name;
    const isLost = name === "reconnecting" || name === "closed";
    const text = name === "closed" ? this.text("offline") : this.text("reconnecting");
    setText(this.#state, isLost ? text : "");
  }

  #showCompose(): void {
    const { maxLength, closed = [] } = this.#rules;
    const isModerator = this.#isModerator;
    const mayPublish = this.shared?.claims.mayPublish(this.#kind, this.#video?.id ?? "") !== false;
    const isClosed = !isModerator && closed.includes(this.#kind);
    const leftMs = isModerator ? 0 : (this.#canSendAt ?? 0) - Date.now();
    const waitSeconds = Math.max(0, Math.ceil(leftMs / 1_000));
    this.#compose.element.hidden = this.setting("readonly") !== undefined;
    this.#compose.render({
      closed: mayPublish ? (isClosed ? this.text("closed_kind") : "") : this.text("forbidden"),
      asksName: this.#asksName,
      hasRoom: isModerator,
      maxLength,
      waitSeconds,
    });
  }

  get #isModerator(): boolean {
    return this.shared?.claims.moderates(this.#video?.id ?? "") === true;
  }

  /** Only viewers whom the site doesn't know are asked. */
  get #asksName(): boolean {
    return !this.setting("name") && this.shared?.isAnonymous === true;
  }

  #isOwn({ id, actor }: Comment): boolean {
    const own = this.shared?.claims.actor;
    return this.#sent.has(id) || (own !== undefined && own === actor);
  }

  #listHost() {
    const element = this;
    return {
      get limit() {
        return Number(element.limit || LIMIT);
      },
      text: (...what: Parameters<OvationChat["text"]>) => this.text(...what),
      canAct: (comment: Comment) => this.#isModerator || this.#isOwn(comment),
      act: (comment: Comment, opener: HTMLElement) => this.#openComment(comment, opener),
      onShown: (comments: readonly Comment[]) => {
        this.#announcer.add(comments.map((one) => `${one.name}: ${one.text}`));
      },
    };
  }

  async #send(text: string, given: string): Promise<boolean> {
    const video = this.#video;
    if (video === undefined) return false;
    const kind = this.#kind;
    const name = this.setting("name") || (this.#asksName ? given : "");
    const settled = this.#list.pend(name || this.text("guest"), text);
    try {
      const { eventId } = await video.publish(kind, name === "" ? { text } : { text, name });
      this.#sent.add(eventId);
      setText(this.#fault, "");
      this.tell("ovation-sent", { kind, eventId });
      this.#list.render();
      return true;
    } catch (error) {
      setText(this.#fault, this.fault(error as OvationError));
      return false;
    } finally {
      settled();
    }
  }

  #openComment(comment: Comment, opener: HTMLElement): void {
    const rights = {
      isModerator: this.#isModerator,
      isOwn: this.#isOwn(comment),
      isPinned: this.#pinnedEvent?.id === comment.id,
    };
    void this.#open((menus) => menus.openComment(opener, comment, rights));
  }

  async #open(show: (menus: ChatMenus) => void): Promise<void> {
    try {
      const { ChatMenus: Menus } = await import("./chat-menus.ts");
      this.#menus ??= new Menus(this.root, this.#acting(), { h, button, sheetOf });
      show(this.#menus);
    } catch (error) {
      setText(this.#fault, this.text("failed", { why: String(error) }));
    }
  }

  #acting(): Acting {
    const moderate = () => this.#video?.moderate;
    return {
      get moderate() {
        return moderate();
      },
      text: (name, words) => this.text(name, words),
      addEnglish,
      act: (what, done) => void this.#act(what, done),
    };
  }

  async #act(what: string, done: () => Promise<unknown> | undefined): Promise<void> {
    try {
      await done();
      setText(this.#fault, "");
      setText(this.#done, this.text("done", { what }));
    } catch (error) {
      setText(this.#done, "");
      setText(this.#fault, this.fault(error as OvationError));
    }
  }
}

/** `ovation-client/elements`: custom elements for a live page. Importing it defines them. */
import { OvationChat } from "./chat.ts";
import { OvationHearts } from "./hearts.ts";
import { OvationLive } from "./live.ts";
import { OvationPoll } from "./poll.ts";
import { OvationReactions } from "./reactions.ts";
import { OvationViewers } from "./viewers.ts";

export { setDefaultUrl } from "./clients.ts";
export { type ElementEvents, OvationElement } from "./element.ts";
export type { MessageName, Messages } from "./english.ts";
export { addMessages } from "./messages.ts";
export { OvationChat, OvationHearts, OvationLive, OvationPoll, OvationReactions, OvationViewers };

declare global {
  interface HTMLElementTagNameMap {
    "ovation-chat": OvationChat;
    "ovation-hearts": OvationHearts;
    "ovation-live": OvationLive;
    "ovation-poll": OvationPoll;
    "ovation-reactions": OvationReactions;
    "ovation-viewers": OvationViewers;
  }
}

/** `<ovation-live>` comes first: those inside it ask it for their settings when they are defined. */
const ELEMENTS = {
  "ovation-live": OvationLive,
  "ovation-viewers": OvationViewers,
  "ovation-hearts": OvationHearts,
  "ovation-reactions": OvationReactions,
  "ovation-poll": OvationPoll,
  "ovation-chat": OvationChat,
};

// A server has no registry; and a page may load this twice, from a bundle and from a gateway.
const registry = globalThis.customElements as CustomElementRegistry | undefined;
for (const [name, element] of Object.entries(ELEMENTS)) {
  if (registry?.get(name) === undefined) registry?.define(name, element);
}

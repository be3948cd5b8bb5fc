/** The elements of `ovation-client/elements` in JSX. React 19 sets their properties and events itself. */
import type { HTMLAttributes, RefAttributes } from "react";
import type {
  ElementEvents,
  OvationChat,
  OvationElement,
  OvationHearts,
  OvationLive,
  OvationPoll,
  OvationReactions,
  OvationViewers,
} from "../elements/index.ts";

/** Properties that the application sets. */
type Settable<Element extends OvationElement> = {
  readonly [Name in Exclude<keyof Element, keyof HTMLElement | `${string}Callback`>]?:
    | Element[Name]
    | undefined;
};

type Listeners = {
  readonly [Name in keyof ElementEvents as `on${Name}`]?: (
    event: CustomEvent<ElementEvents[Name]>,
  ) => void;
};

type Props<Element extends OvationElement> = Omit<
  HTMLAttributes<Element>,
  keyof Settable<Element>
> &
  RefAttributes<Element> &
  Settable<Element> &
  Listeners & { readonly "token-url"?: string | undefined };

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "ovation-chat": Props<OvationChat>;
      "ovation-hearts": Props<OvationHearts>;
      "ovation-live": Props<OvationLive>;
      "ovation-poll": Props<OvationPoll>;
      "ovation-reactions": Props<OvationReactions>;
      "ovation-viewers": Props<OvationViewers>;
    }
  }
}

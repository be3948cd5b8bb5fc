/**
 * `ovation-client/react-elements`: the types of the elements in JSX. React 19 sets their properties and
 * events itself. An entry of its own, since programs without the DOM's types use the hooks too.
 */
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

/**
 * What JSX may set on an element. Importing this entry anywhere lets JSX know the elements.
 *
 * @example
 * const props: ElementProps<OvationChat> = { video: "launch", history: "20" };
 */
export type ElementProps<Element extends OvationElement> = Omit<
  HTMLAttributes<Element>,
  keyof Settable<Element>
> &
  RefAttributes<Element> &
  Settable<Element> &
  Listeners & { readonly "token-url"?: string | undefined };

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "ovation-chat": ElementProps<OvationChat>;
      "ovation-hearts": ElementProps<OvationHearts>;
      "ovation-live": ElementProps<OvationLive>;
      "ovation-poll": ElementProps<OvationPoll>;
      "ovation-reactions": ElementProps<OvationReactions>;
      "ovation-viewers": ElementProps<OvationViewers>;
    }
  }
}

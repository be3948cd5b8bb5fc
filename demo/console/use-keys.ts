/** Handles keys of the console for as long as a component is mounted. */
import { useEffect, useRef } from "react";
import { actionOf, type KeyAction } from "./keys.ts";

/** @returns false: not handled here */
type Handler = () => boolean | undefined;
type Handlers = Partial<Readonly<Record<KeyAction, Handler>>>;

const TYPING = "input:not([type=checkbox],[type=radio],[type=button]), textarea, select";

export function useKeys(handlers: Handlers, hasShortcuts: boolean): void {
  const newest = useRef(handlers);
  useEffect(() => {
    newest.current = handlers;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
      const target = event.target instanceof Element ? event.target : document.body;
      const action = actionOf(event, {
        isTyping: target.matches(TYPING),
        isInList: target.closest("[data-list]") !== null,
        hasShortcuts,
      });
      if (action === undefined) return;
      const handler = newest.current[action];
      if (handler !== undefined && handler() !== false) event.preventDefault();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [hasShortcuts]);
}

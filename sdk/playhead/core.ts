/** What this chunk uses of the core, which passes it as that of `over-http/` is passed. */
import type { isRetryable, OvationError } from "../error.ts";
import type { notify } from "../listeners.ts";

interface Core {
  readonly OvationError: typeof OvationError;
  readonly isRetryable: typeof isRetryable;
  readonly notify: typeof notify;
}

/** Known once the chunk is loaded: nothing in it runs before. */
export let core: Core;

export function receiveCore(given: Core): void {
  core = given;
}

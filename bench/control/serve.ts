/** The generator process's side: runs commands as they arrive and reports progress. */

/** Command handlers, which may be asynchronous. */
export type Handlers<Commands> = {
  readonly [Name in keyof Commands]: Commands[Name] extends (argument: infer A) => infer R
    ? (argument: A) => Promise<R> | R
    : never;
};

interface Request {
  readonly id: number;
  readonly command: string;
  readonly argument: unknown;
}

export type FromGenerator =
  | { readonly id: number; readonly reply: unknown }
  | { readonly id: number; readonly fault: string }
  | { readonly progress: unknown };

const PROGRESS_EVERY_MS = 1_000;

function report(message: FromGenerator): void {
  // The controller may be gone; then this process is about to end, too.
  if (process.connected) process.send?.(message);
}

/**
 * Serves until the controller ends.
 * @param progress returns what happened since the last call
 */
export function serve<Commands>(handlers: Handlers<Commands>, progress: () => unknown): void {
  const known = new Map(Object.entries(handlers));
  const carryOut = async ({ id, command, argument }: Request): Promise<void> => {
    try {
      const handler = known.get(command);
      if (typeof handler !== "function") throw new Error(`no command ${command}`);
      report({ id, reply: await handler(argument) });
    } catch (error) {
      report({
        id,
        fault: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  };
  process.on("message", (request: Request) => void carryOut(request));
  process.on("disconnect", () => process.exit(0));
  // The controller decides when to stop; a Ctrl-C in the terminal reaches the whole group.
  process.on("SIGINT", () => undefined);
  setInterval(() => report({ progress: progress() }), PROGRESS_EVERY_MS);
}

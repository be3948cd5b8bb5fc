/** How an application turns the data of others into its own types. */

/**
 * Turns `data` into the application's type, or throws: a function, or a schema with a `parse` method
 * (Zod and others).
 *
 * @example
 * const parse: Parse<string> = (data) => String((data as { text?: unknown } | null)?.text ?? "");
 */
export type Parse<Data> = ((data: unknown) => Data) | { readonly parse: (data: unknown) => Data };

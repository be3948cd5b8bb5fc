/** Ids for events: 120 random bits each. */

/** 20 characters of base64. */
const BYTES = 15;

export function newEventId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

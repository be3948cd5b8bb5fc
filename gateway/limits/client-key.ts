/**
 * What a client's limits are counted by: its actor, or the address that it comes from. The sort is
 * part of the key, so that an actor named like an address does not use up that address's limits.
 */

declare const brand: unique symbol;

/** Made only here: a plain string can't be used as one. */
export type ClientKey = string & { readonly [brand]: true };

const ADDRESS_PREFIX = "address:";
const ACTOR_PREFIX = "actor:";
/** An actor's name has at most 128 characters. */
const KEY_LIMIT = ADDRESS_PREFIX.length + 128;

export function actorKey(actor: string): ClientKey {
  return `${ACTOR_PREFIX}${actor}` as ClientKey;
}

/** @param address an IPv4 address, or an IPv6 /64 network */
export function addressKey(address: string): ClientKey {
  return `${ADDRESS_PREFIX}${address}` as ClientKey;
}

export function isAddressKey(key: ClientKey): boolean {
  return key.startsWith(ADDRESS_PREFIX);
}

/** Whether a text from another gateway is a key. */
export function isClientKey(text: string): text is ClientKey {
  const hasSort = text.startsWith(ADDRESS_PREFIX) || text.startsWith(ACTOR_PREFIX);
  return hasSort && text.length <= KEY_LIMIT;
}

/** The grammar of names that a client gives; separate from names.ts, since it runs in browsers. */

/** A video id: 1 to 128 characters, one NATS subject token. */
export const VIDEO_PATTERN = /^[A-Za-z0-9_-]{1,128}$/;
/** An event id given by a publisher: 1 to 64 characters. */
export const EVENT_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** The name of a poll, 1 to 64 characters: a part of NATS subjects. */
export const POLL_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

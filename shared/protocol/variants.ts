/** The variants of a kind: what may be one. This file also runs in a browser. */

/** Variants that are counted of one kind on one video. */
export const VARIANTS_LIMIT = 64;
/** The longest variant, as UTF-8. */
export const VARIANT_BYTES_LIMIT = 32;

/** Random, repeatable mutations of bytes and values. */
import type { Chance } from "../random.ts";

const BYTES = [0x00, 0x0a, 0x0d, 0x20, 0x22, 0x3a, 0x5b, 0x7b, 0x7f, 0x80, 0xc1, 0xdd, 0xdf, 0xff];

export function randomBytes(chance: Chance, most: number): Buffer {
  return Buffer.from(Array.from({ length: chance.between(0, most) }, () => chance.between(0, 255)));
}

/** One change of bytes. */
function changed(chance: Chance, bytes: Buffer): Buffer {
  const at = chance.between(0, bytes.length);
  const end = Math.min(bytes.length, at + chance.between(1, 16));
  const [before, within, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, end),
    bytes.subarray(end),
  ];
  switch (chance.between(0, 6)) {
    case 0: // a bit flipped
      return Buffer.concat([
        before,
        within.map((byte) => byte ^ (1 << chance.between(0, 7))),
        after,
      ]);
    case 1: // bytes with a meaning somewhere
      return Buffer.concat([before, within.map(() => chance.of(BYTES)), after]);
    case 2: // something inserted
      return Buffer.concat([before, randomBytes(chance, 16), within, after]);
    case 3: // something removed
      return Buffer.concat([before, after]);
    case 4: // something duplicated
      return Buffer.concat([before, within, within, after]);
    case 5: // cut off
      return before;
    default: // reordered
      return Buffer.concat([after, within, before]);
  }
}

/** The bytes with up to four changes. */
export function mutatedBytes(chance: Chance, bytes: Uint8Array): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let count = chance.between(0, 4); count > 0; count -= 1) result = changed(chance, result);
  return result;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** A value that a developer might not have thought of. */
export function oddValue(chance: Chance): unknown {
  return chance.of<() => unknown>([
    () => null,
    () => true,
    () => chance.of([0, -0, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 63), 1e308, 5e-324]),
    () => chance.of([Number.NaN, Number.POSITIVE_INFINITY]),
    () =>
      chance.of([
        "",
        "*",
        ">",
        "a.b",
        "a b",
        "a\r\nPUB x 1",
        "\u0000",
        "\ud800",
        "😀",
        "__proto__",
      ]),
    () => "x".repeat(chance.between(1, 20_000)),
    () => Array.from({ length: chance.between(0, 1_200) }, () => 0),
    () => Object.fromEntries([[chance.of(["constructor", "a", "", "op"]), 1]]),
    () => JSON.parse('{"__proto__":{"isAdmin":true}}'),
    () => nested(chance.between(1, 40)),
    () => randomBytes(chance, 100).toString("latin1"),
  ])();
}

/** The value with up to three fields missing, added or wrong. */
export function mutatedFields(
  chance: Chance,
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...value };
  for (let count = chance.between(0, 3); count > 0; count -= 1) {
    const keys = Object.keys(result);
    const key = keys.length > 0 ? chance.of(keys) : "op";
    switch (chance.between(0, 3)) {
      case 0:
        delete result[key];
        break;
      case 1:
        result[chance.of(["id", "op", "video", "after", "epoch", "last", "token", "x"])] =
          oddValue(chance);
        break;
      default:
        result[key] = oddValue(chance);
    }
  }
  return result;
}

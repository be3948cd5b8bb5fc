/** Settings that need each other, and settings that exclude each other. */
import type { DispatcherConfig, GatewayConfig } from "./settings.ts";

type Key = keyof GatewayConfig | keyof DispatcherConfig;

/** Each of these needs one of the others in its row. */
const NEEDED: readonly { readonly key: Key; readonly oneOf: readonly Key[] }[] = [
  { key: "natsUser", oneOf: ["natsPassword", "natsPasswordFile"] },
  { key: "natsPassword", oneOf: ["natsUser"] },
  { key: "natsPasswordFile", oneOf: ["natsUser"] },
  { key: "natsTlsCertFile", oneOf: ["natsTlsKeyFile"] },
  { key: "natsTlsKeyFile", oneOf: ["natsTlsCertFile"] },
  { key: "tlsCertFile", oneOf: ["tlsKeyFile"] },
  { key: "tlsKeyFile", oneOf: ["tlsCertFile"] },
  { key: "reviewCaFile", oneOf: ["reviewUrl"] },
  { key: "reviewSecretFile", oneOf: ["reviewUrl"] },
];

/** Of each row, at most one. */
const ALTERNATIVES: readonly (readonly Key[])[] = [
  ["natsToken", "natsUser", "natsCredsFile", "natsNkeyFile"],
  ["natsPassword", "natsPasswordFile"],
];

/**
 * What is wrong with the given settings in combination.
 * @param nameOf the name under which a setting was given; undefined if it was not
 * @param flagOf its flag, to name one that is missing
 */
export function togetherFaults(
  nameOf: (key: string) => string | undefined,
  flagOf: (key: string) => string,
): readonly string[] {
  const missing = NEEDED.flatMap(({ key, oneOf }) => {
    const name = nameOf(key);
    if (name === undefined || oneOf.some((other) => nameOf(other) !== undefined)) return [];
    return [`${name} needs ${oneOf.map(flagOf).join(" or ")} as well`];
  });
  const tooMany = ALTERNATIVES.flatMap((keys) => {
    const names = keys.map(nameOf).filter((name) => name !== undefined);
    return names.length > 1 ? [`${names.join(" and ")} exclude each other: give one`] : [];
  });
  return [...missing, ...tooMany];
}

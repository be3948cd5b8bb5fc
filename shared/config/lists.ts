import {
  DELIVERY_CLASSES,
  isBuiltIn,
  KIND_PATTERN,
  KINDS_LIMIT,
  type Kind,
} from "../protocol/kinds.ts";
import { quoted, reader, type Setting, setting } from "./setting.ts";

/** URLs, separated by commas. Users and passwords in them are kept out of logs and messages. */
export function urlList(parts: {
  readonly schemes: readonly string[];
  readonly default: readonly string[];
  readonly doc: string;
}): Setting<readonly string[]> {
  const schemes = parts.schemes.map((scheme) => `${scheme}://`).join(" or ");
  const isSound = (given: string): boolean => {
    if (!URL.canParse(given)) return false;
    const { protocol, hostname, pathname, search, hash } = new URL(given);
    const path = pathname.replace(/^\/$/, "") + search + hash;
    return parts.schemes.includes(protocol.slice(0, -1)) && hostname !== "" && path === "";
  };
  return setting<readonly string[]>({
    schema: reader((list, fault) => {
      const urls = entries(list);
      for (const [index, url] of urls.entries()) {
        // The URL itself is not echoed: the invalid part may be its password.
        if (!isSound(url))
          fault(
            `must hold URLs of the form ${schemes}host:port, but entry ${index + 1} is not one`,
          );
      }
      return urls;
    }),
    default: parts.default,
    defaultText: parts.default.join(","),
    allowed: `comma-separated URLs, each ${schemes}host:port`,
    doc: parts.doc,
    // Up to the last "@", since a password may contain one too.
    loggable: (urls) => urls.map((url) => url.replace(/^([a-z]+:\/\/)?.*@/is, "$1")),
  });
}

/** Kinds of events with their delivery class, written `name:class,name:class:any`. */
export function kindList(parts: {
  readonly default: readonly Kind[];
  readonly doc: string;
}): Setting<readonly Kind[]> {
  const classes = DELIVERY_CLASSES.join(", ");
  return setting<readonly Kind[]>({
    schema: reader((list, fault) => {
      const kinds: Kind[] = [];
      for (const entry of entries(list)) {
        const [name = "", word, variants, ...rest] = entry.split(":");
        const deliveryClass = DELIVERY_CLASSES.find((one) => one === word);
        if (!KIND_PATTERN.test(name)) {
          fault(`must name kinds that match ${KIND_PATTERN.source}, but holds ${quoted(name)}`);
        } else if (isBuiltIn(name)) {
          fault(`must not hold "${name}": that kind is built in`);
        } else if (kinds.some((kind) => kind.name === name)) {
          fault(`must hold each kind once, but has "${name}" again`);
        } else {
          const hasVariants = variants === "any";
          if (!deliveryClass) {
            fault(`must give each kind a class out of ${classes}, but holds ${quoted(entry)}`);
          } else if (rest.length > 0 || (variants !== undefined && !hasVariants)) {
            fault(
              `must not hold ${quoted(entry)}: lists of variants are set by ovation kinds apply`,
            );
          } else if (hasVariants && deliveryClass !== "transient") {
            fault(`must not hold ${quoted(entry)}: only kinds of class transient have variants`);
          }
          const kind = { name, deliveryClass: deliveryClass ?? "transient" };
          kinds.push(hasVariants ? { ...kind, variants: "any" } : kind);
        }
      }
      if (kinds.length > KINDS_LIMIT) {
        fault(`must hold at most ${KINDS_LIMIT} kinds, but has ${kinds.length}`);
      }
      return kinds;
    }),
    default: parts.default,
    defaultText: parts.default.map((kind) => `${kind.name}:${kind.deliveryClass}`).join(","),
    allowed: `comma-separated name:class or name:class:any, at most ${KINDS_LIMIT}; class is one of ${classes}`,
    doc: parts.doc,
  });
}

function entries(list: string): readonly string[] {
  return list.split(",").map((entry) => entry.trim());
}

/** The path below which a gateway serves everything, for a proxy that forwards paths unchanged. */
import { quoted, reader, type Setting, setting } from "./setting.ts";

/** One or more segments of characters that need no escape in a URL. */
const PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;

/** @returns a setting whose value has no trailing slash: empty for `/` */
export function basePath(parts: { readonly doc: string }): Setting<string> {
  return setting<string>({
    schema: reader((given, fault) => {
      const path = given.endsWith("/") ? given.slice(0, -1) : given;
      if (given.startsWith("/") && PATH.test(path)) return path;
      return fault(
        `must be a path such as /live, of letters, digits and -._~, but is ${quoted(given)}`,
      );
    }),
    default: "",
    defaultText: "/",
    allowed: "a path, such as /live or /video/live",
    doc: parts.doc,
  });
}

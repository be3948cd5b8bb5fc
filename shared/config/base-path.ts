/** The path below which a gateway serves everything, for a proxy that passes it on as it is. */
import { quoted, reader, type Setting, setting } from "./setting.ts";

/** What stands in a URL as it is, in one segment or several. */
const PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;

/** @returns a setting whose value has no slash at its end: empty for `/` */
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

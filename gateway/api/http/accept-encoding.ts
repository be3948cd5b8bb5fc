/** Content encodings that a client accepts (RFC 9110 section 12.5.3). */

/**
 * @param accepted `Accept-Encoding`; empty: only the plain form
 * @param encoding such as `br`
 */
export function acceptsEncoding(accepted: string, encoding: string): boolean {
  const weights = new Map(
    accepted.split(",").map((entry) => {
      const [name = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
      return [name, Number(weight)];
    }),
  );
  const given = weights.get(encoding) ?? weights.get("*");
  return given === undefined ? encoding === "identity" : given > 0;
}

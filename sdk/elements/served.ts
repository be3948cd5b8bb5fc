/**
 * What gateways serve as `/v1/ovation.js`: the client and the elements in one file. Elements without
 * `url` use the gateway that the file comes from.
 */
import { setDefaultUrl } from "./index.ts";

export * from "../index.ts";
export * from "./index.ts";

setDefaultUrl(new URL("..", import.meta.url).href);

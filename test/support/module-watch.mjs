/**
 * For `node --import`: prints each OpenTelemetry module that is loaded to standard error, except its
 * API, which prom-client depends on.
 */
import { registerHooks } from "node:module";

registerHooks({
  load(url, context, next) {
    if (/\/@opentelemetry\/(?!api\/)/.test(url)) process.stderr.write(`loaded ${url}\n`);
    return next(url, context);
  },
});

/**
 * For `node --import`: names on standard error each module of OpenTelemetry that is loaded, but for
 * its API, which prom-client brings along.
 */
import { registerHooks } from "node:module";

registerHooks({
  load(url, context, next) {
    if (/\/@opentelemetry\/(?!api\/)/.test(url)) process.stderr.write(`loaded ${url}\n`);
    return next(url, context);
  },
});

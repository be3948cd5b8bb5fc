/** The image's HEALTHCHECK: exits with 0 when the role in this container answers on its ops port. */
const port = process.env["OVATION_OPS_PORT"];
const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
process.exit(response?.ok === true ? 0 : 1);

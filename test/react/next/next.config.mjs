/** @type {import("next").NextConfig} */
export default {
  reactStrictMode: true,
  turbopack: { root: import.meta.dirname },
  rewrites: async () => [
    { source: "/v1/:path*", destination: `${process.env.OVATION_GATEWAY}/v1/:path*` },
  ],
};

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const proxy = { "/v1": { target: process.env.OVATION_GATEWAY, ws: true } };

export default defineConfig({
  plugins: [react()],
  clearScreen: false,
  server: { host: "127.0.0.1", port: Number(process.env.PORT), strictPort: true, proxy },
  preview: { host: "127.0.0.1", port: Number(process.env.PORT), strictPort: true, proxy },
});

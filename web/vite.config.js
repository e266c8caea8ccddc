import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` talks to a service that `motion serve` started.
export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/v1": "http://127.0.0.1:8765" } },
  build: { chunkSizeWarningLimit: 1200 },
});

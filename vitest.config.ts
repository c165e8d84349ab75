import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/browser/**", "test/install/**", "test/load/**"],
    globalSetup: ["test/temporary-files.ts"],
    setupFiles: ["test/seed.ts"],
    css: true, // the colours of charts are in it
    // Importing the schema takes longer than most files' tests: a worker does it once.
    isolate: false,
    // Many tests wait for a store or a process: a worker for every core, not for all but one.
    maxWorkers: "100%",
    // For what hangs: how long a test takes on a busy machine says nothing.
    testTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    tags: [
      {
        name: "deep",
        description: "Sweeps over seeds, random operations, processes, kills, outages and Redis.",
      },
    ],
    hookTimeout: 600_000,
    // graphql has an ESM and a CJS build; two of them in one process refuse each other's schemas.
    server: { deps: { inline: [/@pothos/, /graphql-scalars/] } },
  },
  resolve: {
    alias: {
      graphql: "graphql/index.js",
      "claude-analytics-gateway/client": new URL("client/index.ts", import.meta.url).pathname,
      "claude-analytics-gateway": new URL("src/embedded.ts", import.meta.url).pathname,
    },
  },
});

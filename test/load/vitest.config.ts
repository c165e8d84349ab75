import { defineConfig } from "vitest/config";
import config from "../../vitest.config.ts";

/** The tests that load whole processes and time them: one file after the other, or they would measure each other. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ["test/load/**/*.test.ts"],
    exclude: [],
    fileParallelism: false,
    isolate: true,
    testTimeout: 600_000,
  },
});

import { defineConfig } from "vitest/config";
import config from "../../vitest.config.ts";

/** The tests that install the project: each takes a minute. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ["test/install/**/*.test.ts"],
    exclude: [],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

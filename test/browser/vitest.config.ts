import { defineConfig } from "vitest/config";
import config from "../../vitest.config.ts";

/** The tests that need a browser on the machine, which the others do without. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ["test/browser/**/*.test.ts"],
    exclude: [],
    globalSetup: ["test/temporary-files.ts", "test/browser/built.ts"],
  },
});

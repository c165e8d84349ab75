import { execFileSync } from "node:child_process";

/** Builds the pages before the tests that open them, in a process without the variables of the tests. */
export default function buildPages(): void {
  execFileSync(process.execPath, [new URL("../../src/web/build.js", import.meta.url).pathname], {
    stdio: "inherit",
  });
}

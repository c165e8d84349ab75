import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const isMissing = !existsSync(CHROMIUM);
if (isMissing)
  process.stderr.write(`Skipped: there is no browser at ${CHROMIUM}; set CHROMIUM to the path of one.\n`);

/** A browser that talks to nobody of its own accord. */
export function launched(...more: readonly string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      // Without a graphics card, Chromium imitates one, which takes longer than to draw without it.
      "--disable-gpu",
      ...more,
    ],
  });
}

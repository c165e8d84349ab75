import { readFileSync } from "node:fs";
import type { AxeResults, ElementContext, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

type Run = (context: ElementContext, options: RunOptions) => Promise<AxeResults>;

/** Returns the violations of accessibility rules that axe-core finds on a page, except in what these selectors match. */
export async function violationsOf(page: Page, exclude: string[] = []): Promise<string[]> {
  // Through the debugger, which the policy of the page does not bind.
  await page.evaluate(AXE);
  const violations = await page.evaluate(async (exclude) => {
    const { run } = (window as unknown as { axe: { run: Run } }).axe;
    // Passes are many: axe-core need not describe them, nor the page send them here.
    return (await run({ exclude }, { resultTypes: ["violations"] })).violations;
  }, exclude);
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`,
  );
}

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "budgets-"));
let files = 0;

/** Writes a file of budgets and returns its path. */
export function budgetsFile(content: unknown): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** The settings of a gateway with budgets. No file is made for the store, which a test passes where it needs one. */
export function withBudgets(budgets: unknown, others: object = {}) {
  return settingsOf({ budgets, ...others });
}

/** The settings of a gateway with a file of budgets and alerts. */
export function settingsOf(content: unknown) {
  return { BUDGETS_FILE: budgetsFile(content), CACHE_URL: `sqlite:${join(folder, "unused.db")}` };
}

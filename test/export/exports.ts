import { schema } from "../../schema/index.ts";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import { exportNames } from "../../src/server/export/open-export.ts";
import { alert } from "../alerts/alert.ts";
import { newPath } from "../alerts/world.ts";
import type { GatewayOptions } from "../gateway.ts";
import { revisedArchive } from "../recorded/revised-archive.ts";

export const WEEK = "range.last.days=7";

/** Arguments of a list, as URL parameters and as GraphQL. */
type Arguments = readonly [parameters: string, args: string];

export const OF_A_WEEK: Arguments = [WEEK, "range: { last: { days: 7 } }"];

/** The lists that do not read a week, or take more than a range. */
export const PARTICULAR: Readonly<Record<string, Arguments>> = {
  alerts: ["", ""],
  artifacts: [`${WEEK}&groupBy=USER`, "range: { last: { days: 7 } }, groupBy: [USER]"],
  claudeCode: [`${WEEK}&groupBy=ACTOR`, "range: { last: { days: 7 } }, groupBy: [ACTOR]"],
  claudeCodeRecords: ["range.last.days=2", "range: { last: { days: 2 } }"],
  connectors: [
    `${WEEK}&orderBy.field=USERS&orderBy.direction=DESC`,
    "range: { last: { days: 7 } }, orderBy: { field: USERS, direction: DESC }",
  ],
  cost: [
    "range.period=LAST_MONTH&groupBy=USER&groupBy=MODEL",
    "range: { period: LAST_MONTH }, groupBy: [USER, MODEL]",
  ],
  groups: ["", ""],
  idleSeats: ["days=1", "days: 1"],
  revisions: ["range.last.days=35", "range: { last: { days: 35 } }"],
  spendLimitRequests: ["", ""],
  spendLimits: ["filter.periods=monthly", 'filter: { periods: ["monthly"] }'],
  usage: [
    "range.between.from=2026-11-01&range.between.until=2026-11-08&bucket=DAY&filter.products=chat&filter.products=cowork",
    'range: { between: { from: "2026-11-01", until: "2026-11-08" } }, bucket: DAY, filter: { products: ["chat", "cowork"] }',
  ],
};

/** The exports that are not lists of the graph. */
export const LAYOUTS: readonly string[] = ["focus", "spend"];

export const LISTS = exportNames(schema).filter((name) => !LAYOUTS.includes(name));

/** URL parameters with which each export has rows in the sandbox. */
export const PARAMETERS: ReadonlyMap<string, string> = new Map([
  ...LAYOUTS.map((name) => [name, "from=2026-11-01&until=2026-11-15"] as const),
  ...LISTS.map((name) => [name, (PARTICULAR[name] ?? OF_A_WEEK)[0]] as const),
]);

/** Options of a gateway in which a list has rows. */
export async function optionsFor(name: string): Promise<GatewayOptions> {
  if (name === "revisions") return { archive: await revisedArchive({ users: 60 }) };
  if (name !== "alerts") return {};
  const alertStore = sqliteAlerts({ path: newPath() });
  for (let i = 0; i < 20; i++) await alertStore.record(alert(`alert_${i}`), ["log"]);
  return { alertStore };
}

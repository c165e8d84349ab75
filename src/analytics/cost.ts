import { type Spend, spends } from "../domain/money.ts";
import { CONSOLE_COST_NAMES, consoleCost } from "../upstream/endpoints/console-cost.ts";
import { COST_NAMES, enterpriseCost, userCost } from "../upstream/endpoints/enterprise-cost.ts";
import type { Report } from "./report.ts";

export const costReport: Report<Spend> = {
  algebra: spends,
  sources: [
    {
      source: "ENTERPRISE",
      names: COST_NAMES,
      bucketed: enterpriseCost,
      perUser: userCost,
      largestGroups: 100,
      onlyDays: false,
    },
    {
      source: "CONSOLE",
      names: CONSOLE_COST_NAMES,
      bucketed: consoleCost,
      perUser: null,
      largestGroups: null,
      onlyDays: true,
    },
  ],
};

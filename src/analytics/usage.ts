import { type TokenUsage, usages } from "../domain/tokens.ts";
import { CONSOLE_USAGE_NAMES, consoleUsage } from "../upstream/endpoints/console-usage.ts";
import { ENTERPRISE_NAMES } from "../upstream/endpoints/enterprise-report.ts";
import { enterpriseUsage, userUsage } from "../upstream/endpoints/enterprise-usage.ts";
import type { Report } from "./report.ts";

export const usageReport: Report<TokenUsage> = {
  algebra: usages,
  sources: [
    {
      source: "ENTERPRISE",
      names: ENTERPRISE_NAMES,
      bucketed: enterpriseUsage,
      perUser: userUsage,
      largestGroups: 100,
      onlyDays: false,
    },
    {
      source: "CONSOLE",
      names: CONSOLE_USAGE_NAMES,
      bucketed: consoleUsage,
      perUser: null,
      largestGroups: null,
      onlyDays: false,
    },
  ],
};

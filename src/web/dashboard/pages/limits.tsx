import type { PageProps } from "../page-props.ts";
import { Budgets } from "../panels/budgets.tsx";
import { RateLimits } from "../panels/rate-limits.tsx";
import { SpendLimits } from "../panels/spend-limits.tsx";

export function LimitsPage({ place, rights, isConsole }: PageProps) {
  return (
    <>
      {rights.spend && <Budgets place={place} span={12} />}
      {!isConsole && rights.spend && rights.limits && rights.people && <SpendLimits span={12} />}
      {rights.limits && (isConsole || rights.console) && <RateLimits span={12} />}
    </>
  );
}

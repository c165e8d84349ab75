import type { PageProps } from "../page-props.ts";
import { ApiKeySpend, TopModels, TopSpendersPanel, Workspaces } from "../panels/rankings.tsx";
import { RevisedSpendByDay } from "../panels/spend-by-day.tsx";
import { MonthEnd, SpendToDate, Tokens } from "../panels/spend-to-date.tsx";

export function SpendPage({ place, rights, isConsole }: PageProps) {
  return (
    <>
      {place.group === null ? (
        <>
          <SpendToDate place={place} span={8} />
          <MonthEnd place={place} span={4} />
        </>
      ) : (
        <p className="note">
          Totals to date and tokens are of the whole organization, so they are not shown for a group.
        </p>
      )}
      <RevisedSpendByDay place={place} span={7} />
      <TopModels place={place} span={5} isCompared />
      {isConsole && rights.keys && (
        <>
          <Workspaces place={place} span={4} top={10} />
          <ApiKeySpend place={place} span={4} top={10} />
        </>
      )}
      {!isConsole && rights.people && <TopSpendersPanel place={place} span={6} top={10} />}
      {place.group === null && <Tokens place={place} span={isConsole && rights.keys ? 4 : 6} />}
    </>
  );
}

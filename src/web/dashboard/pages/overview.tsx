import { Fragment } from "react";
import type { PageProps } from "../page-props.ts";
import { ActivePeople } from "../panels/active-people.tsx";
import { CodeByDay } from "../panels/code-by-day.tsx";
import { ActiveByProduct } from "../panels/products.tsx";
import { TopConnectors, TopModels } from "../panels/rankings.tsx";
import { SpendByDay } from "../panels/spend-by-day.tsx";

export function OverviewPage({ place, rights }: PageProps) {
  return (
    <>
      <ActivePeople place={place} span={8} />
      <ActiveByProduct place={place} span={4} />
      {rights.spend && (
        <Fragment>
          <SpendByDay place={place} span={8} />
          <TopModels place={place} span={4} />
        </Fragment>
      )}
      <CodeByDay place={place} rights={rights} span={8} />
      <TopConnectors place={place} span={4} top={9} />
    </>
  );
}

import { useMemo } from "react";
import { formatDay } from "../../charts/format.ts";
import { RankingTable } from "../../charts/ranking.tsx";
import { nameOfProduct } from "../names.ts";
import { Panel } from "../panel.tsx";
import { rangeOf } from "../place.ts";
import type { PlacedPanelProps } from "./active-people.tsx";

/** People active in each product on the newest complete day. */
export function ActiveByProduct({ place, span }: PlacedPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period) }), [place.period]);
  return (
    <Panel
      title="Active people by product"
      document="Adoption"
      variables={variables}
      span={span}
      height={352}
      answerRows="activity.products"
    >
      {({ activity }) => {
        const newest = activity?.at(-1);
        if (newest === undefined) return null;
        const rows = newest.products
          .map(({ product, dailyActiveUsers }) => ({
            key: product,
            label: nameOfProduct(product),
            value: dailyActiveUsers,
          }))
          .toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0));
        return (
          <RankingTable
            title="Active people by product"
            unit="count"
            rows={rows}
            heads={["Product", `On ${formatDay(newest.date)}`]}
          />
        );
      }}
    </Panel>
  );
}

import type { PageProps } from "../page-props.ts";
import { IdleSeats, PeopleTable } from "../panels/people-table.tsx";

export function PeoplePage({ place, rights }: PageProps) {
  return (
    <>
      <PeopleTable place={place} rights={rights} span={8} />
      <IdleSeats place={place} span={4} />
    </>
  );
}

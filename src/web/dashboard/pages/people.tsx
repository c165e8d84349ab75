import type { PageProps } from "../page-props.ts";
import { IdleSeats, PeopleTable } from "../panels/people-table.tsx";

export function PeoplePage({ place, rights }: PageProps) {
  const isWhole = place.group === null;
  return (
    <>
      {!isWhole && (
        <p className="note">Idle seats are of the whole organization, so they are not shown for a group.</p>
      )}
      <PeopleTable place={place} rights={rights} span={isWhole ? 8 : 12} />
      {isWhole && <IdleSeats place={place} rights={rights} span={4} />}
    </>
  );
}

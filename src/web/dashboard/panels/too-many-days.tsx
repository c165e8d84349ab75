import { PlaceLink } from "../link.tsx";
import type { Place } from "../place.ts";

/** Longest period of reports that upstream serves one day per request. */
export const DAILY_LIMIT = 31;

export interface TooManyDaysProps {
  readonly title: string;
  readonly place: Place;
  readonly span: number;
}

/** Stands for a panel that a long period would make too expensive, and says so. */
export function TooManyDays({ title, place, span }: TooManyDaysProps) {
  return (
    <section className={`panel span-${span}`}>
      <header>
        <h2>{title}</h2>
      </header>
      <p className="empty">
        Upstream serves this report one day per request, so it is shown for periods of at most {DAILY_LIMIT}{" "}
        days.{" "}
        <PlaceLink className="link no-print" to={{ ...place, period: "LAST_30_DAYS" }}>
          Show the last 30 days
        </PlaceLink>
      </p>
    </section>
  );
}

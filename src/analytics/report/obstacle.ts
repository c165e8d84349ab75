import type { FilterDimension, ReportQuestion } from "../../domain/report.ts";
import type { ReportSource } from "./report.ts";
import { dimensionsKnown, withPeople } from "./sources.ts";

/** The reason why a source cannot answer a question. */
export interface Obstacle {
  readonly what: string;
  /** Alternative that the source offers. */
  readonly instead?: string;
}

/** Returns why a source cannot answer a question; null where it can. */
export function obstacleTo<Measure>(source: ReportSource<Measure>, wanted: ReportQuestion): Obstacle | null {
  const { names, onlyDays, largestGroups } = source;
  if (wanted.any !== undefined && largestGroups !== null)
    return {
      what: `keeps the ${largestGroups} largest groups of a bucket, so it cannot answer \`filter.any\``,
    };
  const question = withPeople(source, wanted);
  const groupBy: readonly string[] = dimensionsKnown(names);
  const unknown = wanted.groupBy.filter((dimension) => !groupBy.includes(dimension));
  if (unknown.length > 0)
    return { what: `cannot group by ${unknown.join(", ")}`, instead: `it groups by ${groupBy.join(", ")}` };
  const filters = Object.keys(names.filter);
  const unfiltered = Object.keys(question.filter).filter((dimension) => !filters.includes(dimension));
  if (unfiltered.length > 0)
    return {
      what: `cannot filter on ${unfiltered.join(", ")}`,
      instead: `it filters on ${filters.join(", ") || "nothing"}`,
    };
  if (
    wanted.groupBy.includes("TEAM") &&
    question.groupBy.includes("USER") &&
    question.groupBy.includes("GROUP")
  )
    return { what: "cannot group people by TEAM and by GROUP: those in several groups count in each" };
  const clash = names.apart?.find(
    ([split, other]) => question.groupBy.includes(split) && involves(question, other),
  );
  if (clash !== undefined)
    return { what: `cannot group by ${clash[0]} and by ${clash[1]}, nor filter on it` };
  const counted = question.groupBy.filter(
    (dimension) => dimension !== "COST_TYPE" && dimension !== "TOKEN_TYPE",
  );
  if (names.maxGroups !== undefined && counted.length > names.maxGroups)
    return {
      what: `takes ${names.maxGroups} dimensions at once, besides COST_TYPE and TOKEN_TYPE, not ${counted.length}`,
    };
  if (onlyDays && (question.bucket === "HOUR" || question.bucket === "MINUTE"))
    return { what: "has no buckets shorter than a day" };
  return null;
}

function involves({ groupBy, filter }: ReportQuestion, dimension: FilterDimension): boolean {
  return groupBy.includes(dimension) || filter[dimension] !== undefined;
}

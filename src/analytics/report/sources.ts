import type { Dimension, ReportQuestion } from "../../domain/report.ts";
import type { ReportNames } from "../../upstream/dimension-names.ts";
import type { Report, ReportChoice, ReportSource } from "./report.ts";

/** The sources of a report that a choice leaves. */
export function sourcesOf<Measure>(
  { sources }: Report<Measure>,
  { organization, source }: ReportChoice,
): readonly ReportSource<Measure>[] {
  return sources.filter(
    (each) => each.organization === organization && (source === "AUTO" || each.source === source),
  );
}

/** The question with people in place of their teams, which upstream does not know; unchanged where a source does not name people. */
export function withPeople<Measure>(
  { names }: ReportSource<Measure>,
  question: ReportQuestion,
): ReportQuestion {
  const { groupBy } = question;
  const people = peopleIn(names);
  if (people === null || !groupBy.includes("TEAM")) return question;
  const others = groupBy.filter((dimension) => dimension !== "TEAM");
  return { ...question, groupBy: [...new Set([...others, people])].sort(), isJoinedByAddress: true };
}

/** The dimensions that rows can be grouped by; TEAM, the gateway's own dimension, where rows name people. */
export function dimensionsKnown(names: ReportNames): Dimension[] {
  const known = Object.keys(names.groupBy) as Dimension[];
  return peopleIn(names) === null ? known : [...known, "TEAM"];
}

/** The dimension that names people; null where none does. Grouped by ACTOR, usage without a person has rows too. */
export function peopleIn({ groupBy }: ReportNames): "ACTOR" | "USER" | null {
  return (["ACTOR", "USER"] as const).find((dimension) => Object.hasOwn(groupBy, dimension)) ?? null;
}

import type { Tenant } from "../../domain/organization.ts";
import type { Dimension, ReportQuestion } from "../../domain/report.ts";
import { namesOfParent, type ReportNames } from "../../upstream/dimension-names.ts";
import type { Report, ReportChoice, ReportSource } from "./report.ts";

/** Returns a report as the organizations of a tenant have it: the newer report of a parent is that of its children. */
export function reportOf<Measure>(report: Report<Measure>, { organizations }: Tenant): Report<Measure> {
  const parents = organizations.filter(({ isParent }) => isParent).map(({ kind }) => kind);
  if (parents.length === 0) return report;
  const sources = report.sources.map((each): ReportSource<Measure> => {
    const isOfChildren = each.source === "UNIFIED" && parents.includes(each.organization);
    return isOfChildren ? { ...each, names: namesOfParent(each.names), isOfChildren } : each;
  });
  return { ...report, sources };
}

/**
 * The sources of a report that a choice leaves. The older reports of a parent are not those of its children, so they answer only where
 * they are chosen.
 */
export function sourcesOf<Measure>(
  { sources }: Report<Measure>,
  { organization, source }: ReportChoice,
): readonly ReportSource<Measure>[] {
  const own = sources.filter((each) => each.organization === organization);
  if (source !== "AUTO") return own.filter((each) => each.source === source);
  const ofChildren = own.filter(({ isOfChildren }) => isOfChildren === true);
  return ofChildren.length > 0 ? ofChildren : own;
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

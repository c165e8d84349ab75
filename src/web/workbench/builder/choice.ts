import { type GraphQLField, getNamedType, isInputObjectType } from "graphql";
import { endsWithName, enumName, enumPath } from "../enum-name.ts";
import type { GatewayFacts } from "./datasets.ts";
import { type BuildMeasure, type BuildSubject, enumValuesOf, partsOf } from "./subjects.ts";

/** A named period, or UTC days up to but not including `until`. */
export type ChosenRange =
  | { readonly period: string }
  | { readonly between: { readonly from: string; readonly until: string } };

/** Choices that a query is built from. */
export interface BuildChoice {
  readonly subject: string;
  readonly measures: readonly string[];
  readonly dimensions: readonly string[];
  /** Null: the default one. */
  readonly organization: string | null;
  /** Null: the subject has no buckets to choose. */
  readonly bucket: string | null;
  readonly range: ChosenRange;
  /** The period that rows are compared with; null: none. */
  readonly compare: string | null;
  /** One list of the filter; without values it filters nothing. */
  readonly filter: { readonly list: string; readonly values: readonly string[] } | null;
  /** Rows of a ranking, or groups of a series; null: as many as there are. */
  readonly top: number | null;
}

/** The measures of a choice, in the order of the schema. */
export function chosenMeasures(
  { measures }: BuildSubject,
  choice: Pick<BuildChoice, "measures">,
): readonly BuildMeasure[] {
  return measures.filter(({ name }) => choice.measures.includes(name));
}

/** True if the rows of a choice are buckets of time. */
export function isSeries({ arguments: { bucket }, row }: BuildSubject, choice: BuildChoice): boolean {
  const fields = row.getFields();
  return bucket !== null && "from" in fields ? choice.bucket !== "NONE" : "date" in fields;
}

/** The order of rows by the first chosen measure that has one; null: the list has its own order only. */
export function orderOfChoice(
  subject: BuildSubject,
  choice: Pick<BuildChoice, "measures">,
  facts: GatewayFacts,
): string | null {
  const orders = ordersOf(subject);
  return (
    chosenMeasures(subject, choice)
      .map((each) => pathEnd(subject, each, orders, facts))
      .find((order) => order !== null) ?? null
  );
}

function ordersOf({ arguments: { orderBy } }: BuildSubject): readonly string[] {
  const type = orderBy === null ? null : getNamedType(orderBy.type);
  return isInputObjectType(type) ? enumValuesOf(type.getFields().field ?? null).map(({ name }) => name) : [];
}

/** The measure to begin with: the one that shares are taken of by default, or else one that rows can be ordered by, or the first. */
export function firstMeasure(subject: BuildSubject, facts: GatewayFacts): BuildMeasure | null {
  const share = subject.row.getFields().shareOfTotal?.args[0]?.defaultValue;
  const orders = ordersOf(subject);
  const rank = (measure: BuildMeasure) => {
    if (partsOf(measure) !== null) return 3;
    if (typeof share === "string" && pathEnd(subject, measure, [share], facts) !== null) return 0;
    return pathEnd(subject, measure, orders, facts) !== null ? 1 : 2;
  };
  const ranked = subject.measures.map((measure) => ({ measure, rank: rank(measure) }));
  return ranked.toSorted((a, b) => a.rank - b.rank)[0]?.measure ?? null;
}

/**
 * Finds the name of a measure in an order or a comparison: the one that its path ends with, `CHAT_MESSAGES` for
 * `activity.chat.messages`. Null: no name is, or it is that of a shorter path.
 */
function pathEnd(
  subject: BuildSubject,
  measure: BuildMeasure,
  names: readonly string[],
  facts: GatewayFacts,
): string | null {
  const endsWith = (each: BuildMeasure, name: string) =>
    partsOf(each) === null && endsWithName(enumPath(each.fields), name) && isOwn(subject, each, facts);
  return (
    names.find((name) => {
      if (!endsWith(measure, name)) return false;
      const shortest = subject.measures
        .filter((each) => endsWith(each, name))
        .toSorted((a, b) => enumPath(a.fields).length - enumPath(b.fields).length)[0];
      return shortest === measure;
    }) ?? null
  );
}

/** True for a figure from the datasets of the list, which alone can order it. */
function isOwn({ owner }: BuildSubject, { fieldNames }: BuildMeasure, facts: GatewayFacts): boolean {
  const stated = facts.datasetsShowing(fieldNames);
  return stated.length === 0 || stated.some(({ fields }) => fields.includes(owner));
}

/** The figure of a comparison that a measure has: `chatMessages` for `activity.chat.messages`. Null: the measure is not compared. */
export function comparedFigure(
  subject: BuildSubject,
  measure: BuildMeasure,
  facts: GatewayFacts,
): GraphQLField<unknown, unknown> | null {
  const figures = subject.comparison?.figures ?? [];
  const figure = pathEnd(
    subject,
    measure,
    figures.map(({ name }) => enumName(name)),
    facts,
  );
  return figures.find(({ name }) => enumName(name) === figure) ?? null;
}

const FIRST_PERIOD = "LAST_30_DAYS";

/** The choice to begin with for a subject, with the days of the one before. */
export function beginChoice(
  subject: BuildSubject,
  before: BuildChoice | null,
  facts: GatewayFacts,
): BuildChoice {
  const bucket = subject.arguments.bucket?.defaultValue;
  const measure = firstMeasure(subject, facts);
  return {
    subject: subject.name,
    measures: measure === null ? [] : [measure.name],
    dimensions: [],
    organization: before?.organization ?? null,
    bucket: typeof bucket === "string" ? bucket : null,
    range: before?.range ?? { period: FIRST_PERIOD },
    compare: null,
    filter: null,
    top: null,
  };
}

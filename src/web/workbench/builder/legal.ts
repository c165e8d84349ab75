import { getNamedType, getNullableType, isInputObjectType, isListType } from "graphql";
import { COMPARISONS, type Comparison, rangeBefore } from "../../../domain/comparison.ts";
import { day } from "../../../domain/day.ts";
import { PERIODS, type Period, periodRange } from "../../../domain/period.ts";
import { daysFrom } from "../../charts/format.ts";
import { OVERLAPPING_GROUPS } from "../answer-columns.ts";
import { implementsAny } from "../answer-types.ts";
import { enumName } from "../enum-name.ts";
import {
  type BuildChoice,
  type ChosenRange,
  chosenMeasures,
  comparedFigure,
  firstMeasure,
  isSeries,
  orderOfChoice,
} from "./choice.ts";
import type { DatasetFacts, GatewayFacts } from "./datasets.ts";
import { type BuildMeasure, type BuildSubject, enumValuesOf, wordsOf } from "./subjects.ts";

/** Something that can be chosen, or the reason why it cannot be chosen beside the rest. */
export interface BuildOption {
  readonly value: string;
  readonly label: string;
  readonly description: string;
  /** Null: it can be chosen. */
  readonly refusal: string | null;
}

/** The options that can be chosen beside the choices made already. A query is valid if one dataset of its organization can answer all of it. */
export class LegalOptions {
  readonly subject: BuildSubject;
  readonly #choice: BuildChoice;
  readonly #facts: GatewayFacts;
  /** The datasets with days that the list itself comes from. A list of the current state has none: its figures have other sources. */
  readonly #datasets: readonly DatasetFacts[];

  constructor(subject: BuildSubject, choice: BuildChoice, facts: GatewayFacts) {
    this.subject = subject;
    this.#choice = choice;
    this.#facts = facts;
    this.#datasets = facts.datasetsShowing([subject.owner]);
  }

  /** The reason why no query can be built about the subject; null: one can. */
  get refusal(): string | null {
    const shown = this.#facts.datasets.filter(({ fields }) => fields.includes(this.subject.owner));
    return closedReason([...shown, ...this.#datasets]);
  }

  /** The datasets of a figure that does not come from the list itself, such as the cost of a person. */
  #sourcesOf({ fieldNames }: BuildMeasure): readonly DatasetFacts[] {
    const sources = this.#facts.datasetsShowing(fieldNames);
    return sources.some((each) => this.#datasets.includes(each)) ? [] : sources;
  }

  /** The sources that can answer: of several organizations the chosen one's, and for a team those that are split by team. */
  #fittingSourcesOf(measure: BuildMeasure): readonly DatasetFacts[] {
    const sources = this.#sourcesOf(measure);
    const organization = this.#organization();
    const isOfSeveral = new Set(sources.map((each) => each.organization)).size > 1;
    const isTeam = implementsAny(this.subject.row, ["TeamProfile"]);
    return sources.filter(
      (each) =>
        (!isOfSeveral || organization === null || each.organization === organization) &&
        (!isTeam || !isOfSeveral || each.groupBy.includes("TEAM")),
    );
  }

  organizations(): readonly BuildOption[] {
    if (!this.#isOfSeveral()) return [];
    return this.#facts.organizations.map((value) => ({
      value,
      label: wordsOf(value),
      description: "",
      refusal:
        this.#datasets.length === 0 || this.#open(value).length > 0 ? null : "No report of it is enabled.",
    }));
  }

  measures(): readonly BuildOption[] {
    return this.subject.measures.map((measure) => ({
      value: measure.name,
      label: labelOf(measure),
      description: buildDefinition(measure),
      refusal: this.#refusalOfMeasure(measure),
    }));
  }

  #refusalOfMeasure(measure: BuildMeasure): string | null {
    const { dimensions, range } = this.#choice;
    const against = this.#excludedDimensions(measure).find((each) => dimensions.includes(each));
    if (against !== undefined) return `Not split by ${wordsOf(against).toLowerCase()}.`;
    const organization = this.#organization();
    const fitting = this.#fittingSourcesOf(measure);
    const having = fitting.length > 0 ? fitting : this.#open(organization);
    if (
      having.length > 0 &&
      having.every((each) => measure.fieldNames.some((name) => each.lacks.includes(name)))
    )
      return organization === null
        ? "No report that is enabled has it."
        : `The ${wordsOf(organization)} organization does not report it.`;
    const most = this.#mostDaysOf(measure);
    if (most !== null && daysOf(range, this.#today()) > most)
      return most === 1 ? "Only of a single day." : `Only of at most ${most} days.`;
    if (fitting.length === 0 && this.#sourcesOf(measure).length > 0)
      return "No report of the organization has it.";
    return closedReason(fitting);
  }

  /** The dimensions that a measure is not split by. */
  #excludedDimensions({ fieldNames }: BuildMeasure): readonly string[] {
    return this.#facts.conditionsOf(fieldNames).flatMap(({ notGroupedBy }) => notGroupedBy);
  }

  /** The most days of a measure; null: any number. */
  #mostDaysOf({ fieldNames }: BuildMeasure): number | null {
    const most = this.#facts.conditionsOf(fieldNames).flatMap(({ maxDays }) => maxDays ?? []);
    return most.length === 0 ? null : Math.min(...most);
  }

  dimensions(): readonly BuildOption[] {
    const { dimensions } = this.#choice;
    return enumValuesOf(this.subject.arguments.groupBy).map(({ name, description }) => {
      const others = dimensions.filter((each) => each !== name);
      return {
        value: name,
        label: wordsOf(name),
        description: description ?? "",
        refusal: this.#refusalOfDimension(name, others),
      };
    });
  }

  #refusalOfDimension(name: string, others: readonly string[]): string | null {
    const together = [...others, name];
    const measure = chosenMeasures(this.subject, this.#choice).find((each) =>
      this.#excludedDimensions(each).includes(name),
    );
    if (measure !== undefined) return `${labelOf(measure)} is not split by it.`;
    if (this.#capable({ dimensions: together }).length > 0) return null;
    const open = this.#open(this.#organization());
    const having = open.filter(({ groupBy }) => groupBy.includes(name));
    if (having.length === 0) {
      const elsewhere = this.#datasets.find(
        ({ groupBy, organization }) => groupBy.includes(name) && organization !== this.#organization(),
      );
      return elsewhere === undefined
        ? "No report that is enabled has it."
        : `Only the ${wordsOf(elsewhere.organization)} organization has it.`;
    }
    const pair = having
      .flatMap(({ exclusive }) => exclusive)
      .find((each) => each.includes(name) && each.some((other) => others.includes(other)));
    if (pair !== undefined)
      return `Not together with ${wordsOf(pair.find((each) => each !== name) ?? "").toLowerCase()}.`;
    const most = Math.max(...having.map(({ maxGroupBy }) => maxGroupBy ?? 0));
    if (together.filter((each) => !UNCOUNTED.includes(each)).length > most && most > 0)
      return `At most ${most} dimensions at once.`;
    return "No report has it with the other choices.";
  }

  buckets(): readonly BuildOption[] {
    const { bucket } = this.subject.arguments;
    const fixed = this.#datasets.every(({ buckets }) => buckets.length === 0);
    return enumValuesOf(bucket).map(({ name, description }) => ({
      value: name,
      label: name === "NONE" ? "The whole range" : wordsOf(name),
      description: description ?? "",
      refusal: fixed
        ? name === bucket?.defaultValue
          ? null
          : firstSentences(bucket?.description ?? "", 1)
        : this.#capable({ bucket: name }).length > 0
          ? null
          : "No report has it with the other choices.",
    }));
  }

  /** The lists of the filter that hold texts; a query has one of them. */
  filters(): readonly BuildOption[] {
    const type =
      this.subject.arguments.filter === null ? null : getNamedType(this.subject.arguments.filter.type);
    if (!isInputObjectType(type)) return [];
    return Object.values(type.getFields())
      .filter(
        (field) => isListType(getNullableType(field.type)) && !isInputObjectType(getNamedType(field.type)),
      )
      .map(({ name, description }) => ({
        value: name,
        label: wordsOf(name),
        description: description ?? "",
        refusal:
          this.#capable({ filter: { list: name, values: ["x"] } }).length > 0
            ? null
            : "No report filters on it with the other choices.",
      }));
  }

  periods(): readonly BuildOption[] {
    const type = getNamedType(this.subject.arguments.range.type);
    const period = isInputObjectType(type) ? type.getFields().period : undefined;
    return enumValuesOf(period ?? null).map(({ name, description }) => ({
      value: name,
      label: wordsOf(name),
      description: description ?? "",
      refusal: this.refusalOfRange({ period: name }),
    }));
  }

  /** The reason why no dataset can answer for these days; null: one can. */
  refusalOfRange(range: ChosenRange): string | null {
    const span = spanOf(range, this.#today());
    if (span === null) return "The days of this period are not known here.";
    if (span.from >= span.until) return "The last day is before the first one.";
    const others = chosenMeasures(this.subject, this.#choice).map((each) => this.#fittingSourcesOf(each));
    const isCovered =
      (this.#datasets.length === 0 || this.#capable({ range }).length > 0) &&
      others.every((sources) => sources.length === 0 || sources.some((each) => hasDays(each, span)));
    if (isCovered) return null;
    const { earliest, latest } = this.days();
    if (earliest !== null && span.from < earliest) return `The figures begin on ${earliest}.`;
    if (latest !== null && span.from > latest) return `The newest day with figures is ${latest}.`;
    const longest = Math.max(...this.#datasets.map(({ longestRange }) => longestRange ?? 0));
    return `At most ${longest} days.`;
  }

  comparisons(): readonly BuildOption[] {
    return enumValuesOf(this.subject.comparison?.argument ?? null).map(({ name, description }) => ({
      value: name,
      label: wordsOf(name),
      description: description ?? "",
      refusal: this.#refusalOfComparison(name),
    }));
  }

  #refusalOfComparison(name: string): string | null {
    const measures = chosenMeasures(this.subject, this.#choice);
    if (measures.every((each) => comparedFigure(this.subject, each, this.#facts) === null))
      return "None of the chosen measures is compared with another period.";
    const before = this.spanBefore(name);
    if (before === null) return "The days of this period are not known here.";
    // Days that cannot be answered have a reason of their own.
    if (this.refusalOfRange(this.#choice.range) !== null || before.from >= before.until) return null;
    const capable = this.#capable({});
    if (capable.length === 0 || capable.some((each) => hasDays(each, before))) return null;
    const [earliest] = capable.flatMap((each) => each.earliest ?? []).sort();
    return `It begins on ${before.from}, and the figures on ${earliest}.`;
  }

  /** The days that the chosen range is compared with; null: they are not known. */
  spanBefore(comparison: string): { readonly from: string; readonly until: string } | null {
    const span = this.span();
    return span === null || !isComparisonName(comparison)
      ? null
      : rangeBefore(comparison, { from: day(span.from), until: day(span.until) });
  }

  /** The first and the newest day of the reports that can answer the other choices. */
  days(): { readonly earliest: string | null; readonly latest: string | null } {
    const others = chosenMeasures(this.subject, this.#choice).map((each) => this.#fittingSourcesOf(each));
    const sets = [this.#capable({ range: null }), ...others].filter((each) => each.length > 0);
    // Each set has to cover the days, by any of its datasets.
    const firsts = sets.map((each) => each.flatMap(({ earliest }) => earliest ?? []).sort()[0] ?? "");
    const lasts = sets.flatMap(
      (each) =>
        each
          .flatMap(({ latest }) => latest ?? [])
          .sort()
          .at(-1) ?? [],
    );
    return { earliest: firsts.sort().at(-1) || null, latest: lasts.sort()[0] ?? null };
  }

  /** The reason why a number of rows or groups cannot be given; null: it can. */
  get refusalOfTop(): string | null {
    const { subject } = this;
    const { dimensions } = this.#choice;
    if (isSeries(subject, this.#choice)) {
      if (subject.arguments.top === null) return "This series has no groups to choose from.";
      if (dimensions.length === 0) return "There are no groups: split by a dimension first.";
      return dimensions.some((each) => OVERLAPPING_GROUPS.includes(each))
        ? "People count in several groups, so the other groups cannot be merged."
        : null;
    }
    if (subject.arguments.first === null) return "The list is always read as a whole.";
    return orderOfChoice(subject, this.#choice, this.#facts) !== null
      ? null
      : "The list cannot be ordered by what is chosen, so its first rows are not the largest.";
  }

  /** The day that the gateway has: reports are open up to today. */
  #today(): string {
    const days = this.#facts.datasets.flatMap(({ latest }) => latest ?? []).sort();
    return days.at(-1) ?? new Date().toISOString().slice(0, 10);
  }

  /** The days of the chosen range. */
  span(): { readonly from: string; readonly until: string } | null {
    return spanOf(this.#choice.range, this.#today());
  }

  #organization(): string | null {
    if (!this.#isOfSeveral()) return null;
    return this.#choice.organization ?? this.#facts.organizations[0] ?? null;
  }

  /** False where the datasets of one organization alone have the figures, so that there is nothing to choose. */
  #isOfSeveral(): boolean {
    const { arguments: args, measures } = this.subject;
    if (args.organization === null) return false;
    const having =
      this.#datasets.length > 0
        ? this.#datasets
        : this.#facts.datasetsShowing(measures.flatMap(({ fieldNames }) => fieldNames));
    return new Set(having.map(({ organization }) => organization)).size > 1;
  }

  #open(organization: string | null): readonly DatasetFacts[] {
    return this.#datasets.filter(
      (each) => each.enabled !== false && (organization === null || each.organization === organization),
    );
  }

  /** The chosen days if any dataset has them. Others, such as those of a day that is being typed, rule nothing else out. */
  #coveredRange(): ChosenRange | null {
    const span = this.span();
    const isCovered = span !== null && this.#open(this.#organization()).some((each) => hasDays(each, span));
    return isCovered ? this.#choice.range : null;
  }

  /** The datasets that can answer the choice with some of it replaced; `range: null` is any range. */
  #capable(
    change: Partial<Omit<BuildChoice, "range">> & { readonly range?: ChosenRange | null },
  ): readonly DatasetFacts[] {
    const choice = { ...this.#choice, ...change };
    const range = change.range === undefined ? this.#coveredRange() : change.range;
    const span = range === null ? null : spanOf(range, this.#today());
    return this.#open(this.#organization()).filter((dataset) =>
      canAnswer(this.subject, dataset, choice, span),
    );
  }
}

/** Dimensions that do not count against the most that a report can be split by at once, as `maxGroupBy` states. */
const UNCOUNTED = ["COST_TYPE", "TOKEN_TYPE"];

function canAnswer(
  subject: BuildSubject,
  dataset: DatasetFacts,
  choice: Omit<BuildChoice, "range">,
  span: { readonly from: string; readonly until: string } | null,
): boolean {
  const { dimensions, bucket, filter } = choice;
  const { groupBy, buckets, filters, exclusive, maxGroupBy } = dataset;
  if (!dimensions.every((each) => groupBy.includes(each))) return false;
  const filtered = filter !== null && filter.values.length > 0 ? dimensionOf(filter.list) : null;
  const clashes = ([split = "", other = ""]: readonly string[]) =>
    dimensions.includes(split) && (dimensions.includes(other) || filtered === other);
  if (exclusive.some(clashes)) return false;
  if (maxGroupBy !== null && dimensions.filter((each) => !UNCOUNTED.includes(each)).length > maxGroupBy)
    return false;
  if (subject.arguments.bucket !== null && buckets.length > 0 && !buckets.includes(widthOf(bucket ?? "NONE")))
    return false;
  if (filter !== null && filter.values.length > 0 && !filters.includes(filter.list)) return false;
  return span === null || hasDays(dataset, span);
}

function hasDays(
  { earliest, latest, longestRange, enabled }: DatasetFacts,
  { from, until }: { readonly from: string; readonly until: string },
): boolean {
  if (enabled === false || (earliest !== null && from < earliest) || (latest !== null && from > latest))
    return false;
  return longestRange === null || daysFrom(from, until) <= longestRange;
}

/** The reason why all datasets of a figure are closed; null: one is open, or there are none. */
function closedReason(datasets: readonly DatasetFacts[]): string | null {
  const closed = datasets.filter(({ enabled }) => enabled === false);
  return closed.length === 0 || closed.length < datasets.length
    ? null
    : (closed[0]?.explanation ?? "It is not enabled.");
}

/** The dimension that a list of a filter is about: `claudeTagCategories` is about CLAUDE_TAG_CATEGORY. */
function dimensionOf(list: string): string {
  return enumName(list.replace(/ies$/, "y").replace(/s$/, ""));
}

/** Weeks and months are composed of days. */
function widthOf(bucket: string): string {
  return bucket === "WEEK" || bucket === "MONTH" ? "DAY" : bucket;
}

function isPeriod(name: string): name is Period {
  return Object.hasOwn(PERIODS, name);
}

function isComparisonName(name: string): name is Comparison {
  return Object.hasOwn(COMPARISONS, name);
}

function spanOf(range: ChosenRange, today: string) {
  if ("between" in range) return range.between;
  return isPeriod(range.period) ? periodRange(range.period, day(today)) : null;
}

function daysOf(range: ChosenRange, today: string): number {
  const span = spanOf(range, today);
  return span === null ? 1 : daysFrom(span.from, span.until);
}

/** The first sentences of a description, as plain text. */
export function firstSentences(description: string, count: number): string {
  const sentences = description.replaceAll(/\s+/g, " ").split(/(?<=\.) (?=[A-Z`])/);
  return sentences.slice(0, count).join(" ").replaceAll("`", "");
}

/** Values that a description names: `fast` of "`fast` or `standard`". An id that it abbreviates, `user_...`, is none. */
export function examplesIn(description: string): readonly string[] {
  return [...description.matchAll(/`([\w-]+)`/g)].flatMap(([, example]) => example ?? []);
}

/** The description of a measure's own field, not of the parts that it is in. */
export function buildDefinition({ fields }: BuildMeasure): string {
  return fields.findLast(({ name }) => name !== "usd")?.description ?? "";
}

/** Name of a measure in words: its own field, and the parts that it is in. */
export function labelOf({ fields }: BuildMeasure): string {
  const names = fields.map(({ name }) => name).filter((name) => name !== "usd");
  return names.map((name, i) => (i === 0 ? wordsOf(name) : wordsOf(name).toLowerCase())).join(" · ");
}

/** The choice without what cannot be chosen beside the rest, as after another subject or organization. */
export function legalChoice(subject: BuildSubject, wanted: BuildChoice, facts: GatewayFacts): BuildChoice {
  let choice: BuildChoice = { ...wanted, dimensions: [], compare: null, filter: null, top: null };
  const at = () => new LegalOptions(subject, choice, facts);
  const isLegal = (options: readonly BuildOption[], value: string | null) =>
    options.some((each) => each.value === value && each.refusal === null);
  const firstLegal = (options: readonly BuildOption[]) =>
    options.find(({ refusal }) => refusal === null)?.value ?? null;
  if (!isLegal(at().organizations(), choice.organization)) choice = { ...choice, organization: null };
  // Days that a reader types stay as they are, with the reason why they cannot be answered.
  if ("period" in choice.range && at().refusalOfRange(choice.range) !== null) {
    const period = firstLegal(at().periods());
    if (period !== null) choice = { ...choice, range: { period } };
  }
  const { bucket } = subject.arguments;
  if (!isLegal(at().buckets(), choice.bucket))
    choice = { ...choice, bucket: typeof bucket?.defaultValue === "string" ? bucket.defaultValue : null };
  const offered = at().measures();
  const measures = choice.measures.filter((each) => isLegal(offered, each));
  const first = firstMeasure(subject, facts)?.name ?? "";
  const begun = isLegal(offered, first) ? first : firstLegal(offered);
  if (measures.length < choice.measures.length)
    choice = { ...choice, measures: measures.length > 0 || begun === null ? measures : [begun] };
  for (const each of wanted.dimensions)
    if (isLegal(at().dimensions(), each)) choice = { ...choice, dimensions: [...choice.dimensions, each] };
  if (wanted.filter !== null && isLegal(at().filters(), wanted.filter.list))
    choice = { ...choice, filter: wanted.filter };
  if (isLegal(at().comparisons(), wanted.compare)) choice = { ...choice, compare: wanted.compare };
  return at().refusalOfTop === null ? { ...choice, top: wanted.top } : choice;
}

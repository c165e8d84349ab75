import { useSyncExternalStore } from "react";
import type { Comparison, DateRange, Period } from "../../../schema/operations/documents.ts";
import { type BucketLength, dayAfter, daysFrom, formatRange } from "../charts/format.ts";
import { pageSettings } from "../client/page-settings.ts";

/** Pages of the dashboard, in the order of their links. */
export const PAGES = {
  overview: "Overview",
  "claude-ai": "Claude.ai",
  "claude-code": "Claude Code",
  spend: "Spend",
  people: "People",
  teams: "Teams",
  limits: "Limits",
  me: "My figures",
} as const;

export type PageName = keyof typeof PAGES;

/** Periods by name, with the most days that each can have. */
export const NAMED_PERIODS = {
  YESTERDAY: ["Yesterday", 1],
  THIS_WEEK: ["This week", 7],
  LAST_7_DAYS: ["Last 7 days", 7],
  MONTH_TO_DATE: ["Month to date", 31],
  LAST_MONTH: ["Last month", 31],
  LAST_30_DAYS: ["Last 30 days", 30],
  QUARTER_TO_DATE: ["Quarter to date", 92],
  LAST_QUARTER: ["Last quarter", 92],
  LAST_90_DAYS: ["Last 90 days", 90],
  YEAR_TO_DATE: ["Year to date", 366],
  LAST_YEAR: ["Last year", 366],
  LAST_365_DAYS: ["Last 365 days", 365],
} as const satisfies Record<Period, readonly [label: string, days: number]>;

export interface DaySpan {
  readonly from: string;
  readonly until: string;
}

export type ChosenPeriod = Period | DaySpan;

/** A view of the dashboard, as its URL states it. */
export interface Place {
  readonly page: PageName;
  /** The page that the URL names and that does not exist, for which the Overview is shown; null: it names none such. */
  readonly unknownPage: string | null;
  readonly period: ChosenPeriod;
  /** Compares with the period before. `all` includes reports that take one upstream request per day. */
  readonly compare: "cheap" | "all" | "off";
  readonly group: string | null;
  /** Null: the default organization. */
  readonly organization: string | null;
}

const DEFAULT_PERIOD: Period = "LAST_7_DAYS";

const isPage = (text: string): text is PageName => Object.hasOwn(PAGES, text);
const isPeriod = (text: string | null): text is Period => text !== null && Object.hasOwn(NAMED_PERIODS, text);
const isDay = (text: string | null): text is string =>
  text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

/** Pages with panels that can be narrowed to a group of people. On others a group would filter some figures and not the rest. */
const GROUPED: ReadonlySet<PageName> = new Set(["spend", "people", "claude-ai"]);

/** The place with the choices that its page offers; no other choice can have an effect that is not seen. */
export function offered(place: Place): Place {
  const hasChoice = pageSettings.hasOrganizations || place.page === "spend";
  const chosen = hasChoice ? place : { ...place, organization: null };
  return offersGroups(chosen) ? chosen : { ...chosen, group: null };
}

export function offersGroups({ page, organization }: Place): boolean {
  return GROUPED.has(page) && (pageSettings.hasOrganizations || organization === null);
}

/** Reads a place from a URL; what it does not understand has its default. */
export function placeOf(pathname: string, search: string): Place {
  const parameters = new URLSearchParams(search);
  const name = pathname.replace(/^\/(?:d\/?)?/, "").replace(/\/$/, "");
  const [from, until] = [parameters.get("from"), parameters.get("until")];
  const period = parameters.get("period");
  const compare = parameters.get("compare");
  return offered({
    page: isPage(name) ? name : "overview",
    unknownPage: name === "" || isPage(name) ? null : name,
    period:
      isDay(from) && isDay(until) && from < until
        ? { from, until }
        : isPeriod(period)
          ? period
          : DEFAULT_PERIOD,
    compare: compare === "all" || compare === "off" ? compare : "cheap",
    group: parameters.get("group"),
    organization: parameters.get("organization"),
  });
}

/** The URL of a place. */
export function urlOf(place: Place): string {
  const { page, unknownPage, period, compare, group, organization } = offered(place);
  const parameters = new URLSearchParams();
  if (typeof period !== "string") {
    parameters.set("from", period.from);
    parameters.set("until", period.until);
  } else if (period !== DEFAULT_PERIOD) parameters.set("period", period);
  if (compare !== "cheap") parameters.set("compare", compare);
  if (group !== null) parameters.set("group", group);
  if (organization !== null) parameters.set("organization", organization);
  const search = parameters.size === 0 ? "" : `?${parameters}`;
  const name = page === "overview" ? unknownPage : page;
  return (name === null ? "/" : `/d/${name}`) + search;
}

export function rangeOf(period: ChosenPeriod): DateRange {
  return typeof period === "string" ? { period } : { between: { ...period } };
}

/** The most days that a period can have. */
export function mostDaysIn(period: ChosenPeriod): number {
  return typeof period === "string" ? NAMED_PERIODS[period][1] : daysFrom(period.from, period.until);
}

export function nameOfPeriod(period: ChosenPeriod): string {
  return typeof period === "string" ? NAMED_PERIODS[period][0] : formatRange(period);
}

/** Length of the bars of a chart: so long that a chart has at most about ninety. */
export function bucketFor(period: ChosenPeriod): Exclude<BucketLength, "HOUR" | "MINUTE"> {
  const days = mostDaysIn(period);
  return days <= 92 ? "DAY" : days <= 366 ? "WEEK" : "MONTH";
}

/** The comparison that readers expect of a period: months with the month before. */
export function comparisonFor(period: ChosenPeriod): Comparison {
  return period === "MONTH_TO_DATE" || period === "LAST_MONTH" ? "MONTH_BEFORE" : "PREVIOUS_PERIOD";
}

/** As many days directly before a range. */
export function spanBefore({ from, until }: DaySpan): DaySpan {
  return { from: dayAfter(from, -daysFrom(from, until)), until: from };
}

const listeners = new Set<() => void>();
let current = placeOf(location.pathname, location.search);

function change(): void {
  current = placeOf(location.pathname, location.search);
  for (const listener of listeners) listener();
}

addEventListener("popstate", change);

/** Replaces the place that a URL left open. */
export function settle(place: Place): void {
  history.replaceState(null, "", urlOf(place));
  change();
}

/** Goes to another place without loading the page again. */
export function goTo(place: Place): void {
  history.pushState(null, "", urlOf(place));
  change();
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

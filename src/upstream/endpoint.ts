import type { Subject } from "../cache/policy.ts";
import type { Dataset } from "../domain/dataset.ts";
import type { Day } from "../domain/day.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import type { Pseudonyms } from "../domain/pseudonym.ts";
import type { DayRange } from "../domain/range.ts";
import type { BucketWidth } from "../domain/report.ts";
import type { FilterNames, FilterValues, ReportNames } from "./dimension-names.ts";
import { Wire } from "./http/wire.ts";

/** Which of the two keys a resource is asked with. */
export type KeyFamily = "analytics" | "admin";

/** The kind of organization that each key is set for. */
export const ORGANIZATION_OF_KEY: Readonly<Record<KeyFamily, OrganizationKind>> = {
  analytics: "ENTERPRISE",
  admin: "CONSOLE",
};

/** The variable that each key is set in. */
export const VARIABLE_OF_KEY = {
  analytics: "ANTHROPIC_ANALYTICS_KEY",
  admin: "ANTHROPIC_ADMIN_KEY",
} as const satisfies Record<KeyFamily, string>;

export type KeyScope = "read:analytics" | "read:members" | "read:rbac_groups" | "read:spend_limits";

export type QueryValue = string | number | boolean | readonly string[] | undefined;

/**
 * One REST resource, as data: where it is, how it pages, which days it covers, how to ask and how to read it. The files in
 * endpoints/ are the only place where its path and its snake_case names appear.
 */
export interface Endpoint<Params, Row> {
  readonly dataset: Dataset;
  readonly key: KeyFamily;
  /** The scope an Enterprise key needs for it; Admin keys have none. */
  readonly scope?: KeyScope;
  /** Both kinds of organization have this path, so that an answer alone does not show which of them it is about. */
  readonly isOfBothKinds?: true;
  /** A function where the path names an object. */
  readonly path: string | ((params: Params) => string);
  readonly paging: Paging;
  /** Rows (or buckets) requested per page: the most upstream allows, since requests are what is scarce. */
  readonly pageSize?: (params: Params) => number;
  /** Query parameters without paging. Lists are sent once per entry; undefined ones are left out. */
  readonly query: (params: Params) => Readonly<Record<string, QueryValue>>;
  /** The days an answer is about; null for look-ups. */
  readonly rangeOf: (params: Params) => DayRange | null;
  readonly coverage: Coverage | null;
  readonly subject: Subject;
  /** Its requests count against a rate limit of their own, not against that of figures or of look-ups. */
  readonly rateLimit?: "spendLimits";
  /** How long after a day it is surely counted, where upstream does not say how far it has got. */
  readonly lagMs?: number;
  /** Answers carry `data_refreshed_at`. */
  readonly watermarked?: true;
  /** Seconds an answer that is not final may be reused. */
  readonly freshSeconds: number;
  /** Keys the list may come under, newest spelling first. */
  readonly listKeys?: readonly string[];
  /** Value of `anthropic-beta`, where a question needs one. */
  readonly beta?: (params: Params) => string | undefined;
  /** The fields of the body that name people, which are left out of what is kept for years. */
  readonly nameKeys?: readonly string[];
  /**
   * True where columns of final pages can answer a question about people: they hold no names. Rows read a member that is null like one
   * that is missing. False where rows are joined by the addresses in them.
   */
  readonly columns?: (params: Params) => boolean;
  /** Only organizations that are enrolled in its beta have it. */
  readonly needsEnrolment?: true;
  /** True if a request names children of a parent organization, so that it can be rejected for one of them. */
  readonly namesChildren?: (params: Params) => boolean;
  /** The dimensions and filters of a report. */
  readonly report?: ReportNames;
  /** The buckets that its rows can be split into. */
  readonly buckets?: readonly BucketWidth[];
  /** The filters of an engagement list, and the values it takes of some. */
  readonly filters?: FilterNames;
  readonly filterValues?: FilterValues;
  /** The dimensions that rows other than those of a report can be split by, be it by the gateway. */
  readonly groupBy?: readonly string[];
  /** The body holds JSON numbers that are amounts. */
  readonly exactNumbers?: true;
  /**
   * The field that names the one day a row is about, where the question is a `range` and nothing else. Final days are kept one
   * by one then, for whatever range they are asked in next.
   */
  readonly daily?: string;
  /**
   * The identity of a row in its list: a row that upstream sends again in the same page run is not counted again. Null where
   * rows have none: two equal rows can be different things, and both are kept.
   */
  rowId(row: Row, params: Params): RowId | null;
  /**
   * The row without names and addresses of people, where it has any. Figures become final, identities do not: what a page says
   * of people is given no longer than look-ups are.
   */
  withoutNames?(row: Row): Row;
  /**
   * The rows of a page with pseudonyms, where they contain anything that identifies a person. Their order must not reveal it
   * either: the position of a name among names is as good as the name.
   */
  pseudonymous?(rows: readonly Row[], pseudonyms: Pseudonyms): readonly Row[];
  /** The question in upstream's ids, asked by who sees pseudonyms. Throws BAD_USER_INPUT where one was not given out to them. */
  unmasked?<Asked extends Params>(params: Asked, pseudonyms: Pseudonyms): Asked;
  /** One row from its JSON; `path` is where in the body it stands. Throws WireError. */
  readonly read: (json: unknown, path: string, params: Params) => Row;
}

export type RowId = string | number;

/** An id of several parts; null where one is missing, since rows that lack it can be about different things. */
export function idOf(...parts: readonly (RowId | boolean | null)[]): RowId | null {
  return parts.includes(null) ? null : JSON.stringify(parts);
}

type Paging =
  /** The body is the one row. */
  | "object"
  /** `next_page` until it is null. */
  | "token"
  /** `next_page` while `has_more`. */
  | "report"
  /** `after_id=<last_id>` while `has_more`. */
  | "id";

/** Which days can be requested, and in what pieces. */
export interface Coverage {
  /** The first day there can be anything about. */
  readonly earliest: Day;
  /** How many days back upstream answers; null without a limit. */
  readonly horizonDays: number | null;
  /** True if the day that is not over yet can be requested. */
  readonly today: boolean;
  /** How a long range is cut: calendar months, days, or not at all (then `maxDays` is the limit). */
  readonly window: "month" | "day" | "none";
  readonly maxDays: number;
}

/** The part of an endpoint that says for which dataset and by which key it is asked. */
export type EndpointKey = Pick<
  Endpoint<never, unknown>,
  "dataset" | "key" | "subject" | "isOfBothKinds" | "rateLimit"
>;

/** Defines an endpoint with rows of the wire type that `row` takes. Rows that identify a person must be `pseudonymous`. */
export function endpoint<Params, Row, WireRow extends object>(
  definition: Definition<Params, Row, WireRow> & PseudonymousIfPersonal<Row>,
): Endpoint<Params, Row> {
  const { row, ...endpoint }: Definition<Params, Row, WireRow> = definition;
  return { ...endpoint, read: (json, path, params) => row(new Wire<WireRow>(json, path), params) };
}

type Definition<Params, Row, WireRow extends object> = Omit<Endpoint<Params, Row>, "read"> & {
  readonly row: (wire: Wire<WireRow>, params: Params) => Row;
};

/** Requires `pseudonymous` where rows identify a person. */
export type PseudonymousIfPersonal<Row> =
  true extends IdentifiesPerson<Row>
    ? { readonly pseudonymous: (rows: readonly Row[], pseudonyms: Pseudonyms) => readonly Row[] }
    : unknown;

/** Contains `true` if a value has the id or the address of a person, at any depth. */
type IdentifiesPerson<Value> = Value extends readonly (infer Entry)[]
  ? IdentifiesPerson<Entry>
  : Value extends object
    ? { [Key in keyof Value]-?: Key extends PersonKey ? true : IdentifiesPerson<Value[Key]> }[keyof Value]
    : false;

type PersonKey = "userId" | "email" | "accountId" | `${string}UserId` | `${string}Email`;

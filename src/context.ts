import type { KeptRanking } from "./analytics/ranking.ts";
import type { AlertStore } from "./cache/alert-store.ts";
import type { LongTexts } from "./cache/long-texts.ts";
import type { SpendBudget } from "./domain/budget.ts";
import type { Day, Instant } from "./domain/day.ts";
import type { NamedOrganization } from "./domain/organization.ts";
import type { SeatPrice } from "./domain/seat-price.ts";
import type { OrgDirectory } from "./domain/team.ts";
import type { Viewer } from "./domain/viewer.ts";
import type { Directory } from "./loaders/directory/directory.ts";
import type { StatedLimit } from "./settings/limits.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** Remark on an answer: it is right, and may not be what its reader expects. */
export type Warning = UngroupedWarning | LeftOutWarning | ChildrenWarning;

interface Remark {
  readonly message: string;
  /** The field it is about, by response names. */
  readonly path: readonly (string | number)[];
}

/** Fields are null because rows are not grouped by their dimension. */
interface UngroupedWarning extends Remark {
  readonly code: "NOT_GROUPED_BY";
  /** Names of the fields of its rows that are null. */
  readonly fields: readonly string[];
  /** The dimensions that `groupBy` needs for them to have values. */
  readonly dimensions: readonly string[];
}

/** A series by day does not have all days of its range. */
interface LeftOutWarning extends Remark {
  readonly code: "DAYS_LEFT_OUT";
  readonly days: readonly { readonly date: Day; readonly reason: string }[];
}

/** The figures of a parent organization can lack those of some of its children. */
interface ChildrenWarning extends Remark {
  readonly code: "CHILDREN_LEFT_OUT";
}

/** An organization with the tenant that it belongs to. */
export interface ReadableOrganization extends NamedOrganization {
  readonly tenant: string | null;
  readonly hasKey: boolean;
}

/** The parts of a context that are of one tenant. */
export interface TenantContext {
  /** Upstream of the tenant. */
  readonly upstream: Upstream;
  /** Operator's files about people. */
  readonly orgDirectory: OrgDirectory;
  /** Ids of the teams in the operator's list that a team lead manages; none for other viewers. */
  readonly managedTeams: ReadonlySet<string>;
  /** Who is in the organizations, and in which groups. */
  readonly directory: Directory;
  /** Returns a digest for ids that a client cannot compute from a guess at the text (keyed by the secret of pseudonyms). */
  readonly secretDigest: (text: string) => string;
}

/** The organizations of a gateway, as one operation may read them. */
export interface OrganizationChoice {
  /** Organizations that the viewer may read, in the operator's order. */
  readonly readable: readonly ReadableOrganization[];
  /** The name that the request gives for fields without one; null: none. */
  readonly requested: string | null;
  /** Returns the parts of a context that are of a tenant, as a viewer sees them. */
  readonly partsOf: (tenant: string | null, viewer: Viewer) => TenantContext;
}

/** Context of one operation, or of the fields of an operation that are of one tenant. */
export interface Context extends TenantContext {
  readonly organizations: OrganizationChoice;
  /** The organization that a field above or the request names; null: none was named. */
  readonly organization: NamedOrganization | null;
  /** The context of the operation, where this one is of some of its fields; null where this is it. */
  readonly base: Context | null;
  readonly viewer: Viewer;
  readonly now: () => Instant;
  /** Maximum rows that a list may request. */
  readonly maxFirst: number;
  /** Limits on a request and a caller, as clients can read them. */
  readonly limits: readonly StatedLimit[];
  /** Operator's budgets, of all organizations. */
  readonly budgets: readonly SpendBudget[];
  /** Alerts of all organizations; null where none are raised. */
  readonly alerts: Pick<AlertStore, "list"> | null;
  /** Operator's prices of seats, of all organizations. */
  readonly seatPrices: readonly SeatPrice[];
  /** Facts that do not fit into an id. */
  readonly longTexts: LongTexts;
  /** Rankings of the file that is being written, by question; null: each page of a list is ranked anew. */
  readonly rankings: Map<string, KeptRanking> | null;
  /** Adds to `extensions.warnings` of the answer. */
  readonly warn: (warning: Warning) => void;
  /** The warnings so far. */
  readonly warnings: readonly Warning[];
}

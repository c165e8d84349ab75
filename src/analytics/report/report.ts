import type { Finality } from "../../cache/policy.ts";
import type { ReportRow } from "../../domain/bucket.ts";
import type { Dataset } from "../../domain/dataset.ts";
import type { OrganizationKind } from "../../domain/organization.ts";
import type { ReportQuestion } from "../../domain/report.ts";
import type { ReportNames } from "../../upstream/dimension-names.ts";
import type { Algebra } from "../ranking.ts";
import type { Resource } from "./resource.ts";

/** The generation of an organization's reports: the newer ones, or the older ones. */
export type Source = "UNIFIED" | "LEGACY";

/** The organization and the source that a client chose; AUTO leaves the source to the gateway. */
export interface ReportChoice {
  readonly organization: OrganizationKind;
  readonly source: Source | "AUTO";
}

/** One source of a report. */
export interface ReportSource<Measure> {
  readonly source: Source;
  /** The organization that the figures are about. */
  readonly organization: OrganizationKind;
  readonly names: ReportNames;
  readonly resourceFor: (question: ReportQuestion) => Resource<Measure>;
  /** A bucket keeps only its largest groups, this many; null keeps all. */
  readonly largestGroups: number | null;
  readonly onlyDays: boolean;
  /** The figures are those of the children of a parent organization. */
  readonly isOfChildren?: true;
}

/** A report that answers the same questions about several organizations. */
export interface Report<Measure> {
  readonly algebra: Algebra<Measure>;
  /** The sources of each organization, the preferred one first. */
  readonly sources: readonly ReportSource<Measure>[];
  /** The datasets that its sources read. */
  readonly datasets: readonly Dataset[];
}

/** A row as clients see it. */
export interface GatewayRow<Measure> extends ReportRow<Measure> {
  /** It stands for the groups that upstream left out of the bucket. */
  readonly isRemainder: boolean;
  readonly state: Finality;
}

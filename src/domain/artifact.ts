import type { Day } from "./day.ts";
import type { EngagementQuestion } from "./engagement.ts";

/** Dimensions of artifacts besides day, type and sharing. */
export type ArtifactDimension = "PRODUCT" | "GROUP" | "USER";

export interface ArtifactQuestion extends EngagementQuestion {
  readonly groupBy: readonly ArtifactDimension[];
}

/** The artifacts of one type, shared or not, that were created on one UTC day, by whatever else they are split by; cells without any are not listed. */
export interface ArtifactCell {
  readonly date: Day;
  /** MIME type, or `other`. */
  readonly type: string;
  readonly isShared: boolean;
  readonly created: number;
  readonly publishedCreated: number;
  /** Different people who created them. */
  readonly users: number;
  /** Null where not split by it, or without a value; the question tells which. The same of the group and the person. */
  readonly product: string | null;
  readonly groupId: string | null;
  readonly groupName: string | null;
  readonly userId: string | null;
}

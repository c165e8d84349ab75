import type { Day } from "./day.ts";

/** The artifacts of one type, shared or not, that were created on one UTC day; cells without any are not listed. */
export interface ArtifactCell {
  readonly date: Day;
  /** MIME type, or `other`. */
  readonly type: string;
  readonly isShared: boolean;
  readonly created: number;
  readonly publishedCreated: number;
  /** Different people who created them. */
  readonly users: number;
}

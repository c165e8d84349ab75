import type { LongTexts } from "./cache/long-texts.ts";
import type { Instant } from "./domain/day.ts";
import type { OrgDirectory } from "./domain/team.ts";
import type { Viewer } from "./domain/viewer.ts";
import type { Directory } from "./loaders/directory/directory.ts";
import type { StatedLimit } from "./settings/limits.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** A remark on an answer: it is right, and may not be what its reader expects. */
export interface Warning {
  readonly code: "NOT_GROUPED_BY";
  readonly message: string;
  /** The field it is about, by response names. */
  readonly path: readonly (string | number)[];
  /** Names of the fields of its rows that are null. */
  readonly fields: readonly string[];
  /** The dimensions that `groupBy` needs for them to have values. */
  readonly dimensions: readonly string[];
}

/** Context of one operation. */
export interface Context {
  readonly upstream: Upstream;
  readonly viewer: Viewer;
  readonly now: () => Instant;
  /** Maximum rows that a list may request. */
  readonly maxFirst: number;
  /** Limits on a request and a caller, as clients can read them. */
  readonly limits: readonly StatedLimit[];
  /** Operator's files about people. */
  readonly orgDirectory: OrgDirectory;
  /** Who is in the organizations, and in which groups. */
  readonly directory: Directory;
  /** Facts that do not fit into an id. */
  readonly longTexts: LongTexts;
  /** Adds to `extensions.warnings` of the answer. */
  readonly warn: (warning: Warning) => void;
  /** The warnings so far. */
  readonly warnings: readonly Warning[];
  /** Returns a digest for ids that a client cannot compute from a guess at the text (keyed by the secret of pseudonyms). */
  readonly secretDigest: (text: string) => string;
}

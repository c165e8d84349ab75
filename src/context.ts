import type { Instant } from "./domain/day.ts";
import type { Viewer } from "./domain/viewer.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** What one operation has in hand. */
export interface Context {
  readonly upstream: Upstream;
  readonly viewer: Viewer;
  readonly now: () => Instant;
  /** The most rows a list may be asked for. */
  readonly maxFirst: number;
}

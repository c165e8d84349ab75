import type { Place } from "./place.ts";
import type { Rights } from "./viewer.ts";

export interface PageProps {
  readonly place: Place;
  readonly rights: Rights;
  /** The figures are of a Console organization. */
  readonly isConsole: boolean;
}

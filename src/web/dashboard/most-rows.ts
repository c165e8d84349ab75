import { pageSettings } from "../client/page-settings.ts";

/** Rows of a list that a panel reads to have all of them, and that a page can hold. */
export const MOST_ROWS = Math.min(1_000, pageSettings.maxFirst);

import { day } from "../domain/day.ts";
import { dayNumber } from "./calendar.ts";

// First days of measures that came later than the data itself, as the contract states them.

/** Artifacts saved by Claude Code and Cowork sessions; 0 before. */
export const ARTIFACTS_MEASURED = dayNumber(day("2026-08-17"));
/** The split of connector calls into reads and writes; null for windows that start before. */
export const READ_WRITE_MEASURED = dayNumber(day("2026-05-29"));
/** The credential that a connector ran on; null for windows that touch a day before. */
export const AUTH_MEASURED = dayNumber(day("2026-07-01"));
/** Estimated overage of Office Agent; null before. */
export const OFFICE_OVERAGE_MEASURED = dayNumber(day("2026-06-18"));

import { day, type Instant, startOf } from "../../domain/day.ts";
import { DAY_MS } from "../calendar.ts";
import { hash, ids } from "../random.ts";

/** A named workload of the Console organization. */
export interface ServiceAccount {
  readonly index: number;
  readonly id: string;
  /** Unique. */
  readonly name: string;
  readonly description: string | null;
  readonly role: "admin" | "developer";
  readonly createdAt: Instant;
  /** Person who made it and is behind every later change; null where that was not recorded. */
  readonly creator: number | null;
  /** The last change before it was archived; null for none. */
  readonly changedAt: Instant | null;
  readonly archivedAt: Instant | null;
}

const STREAM = 52;

/** The active accounts in the order they were created, then one that was archived before it was used. */
const NAMES = ["batch-runner", "ci", "ingest", "support-bot", "importer"] as const;

/** Oldest first. `engineers` make them. */
export function createServiceAccounts(seed: number, engineers: readonly number[]): readonly ServiceAccount[] {
  const accountIds = ids("svac_", seed, STREAM);
  const opened = startOf(day("2025-03-15"));
  const after = (days: number, salt: number) =>
    opened + days * DAY_MS + (hash(seed, STREAM + 4, salt) % 40_000) * 1000;
  return NAMES.map((name, index) => ({
    index,
    id: accountIds.of(index),
    name,
    description: name === "ingest" ? null : `Runs ${name} jobs`,
    role: name === "ci" ? "admin" : "developer",
    createdAt: after(index * 21, 100 + index),
    creator: name === "batch-runner" ? null : (engineers[index % engineers.length] ?? null),
    changedAt: index % 2 === 1 ? after(index * 21 + 60, 110 + index) : null,
    archivedAt: name === "importer" ? startOf(day("2026-04-14")) + 52_380_000 : null,
  }));
}

import type { DayNumber } from "../calendar.ts";
import { ENTERPRISE_KEYS } from "../organization/enterprise.ts";
import type { Organization } from "../organization.ts";
import { hash } from "../random.ts";
import type { ApiUse } from "./fact.ts";

const STREAM = 82;

const BY_SEAT: ApiUse = {
  workspace: null,
  apiKey: null,
  serviceAccount: null,
  identity: null,
  session: null,
  tier: "standard",
};

/** Place of a piece of Enterprise usage that a model does, and what it is. */
interface Piece {
  readonly day: DayNumber;
  /** How many facts of the same source and day precede it. */
  readonly nth: number;
  readonly person: number | null;
  readonly product: string | null;
  /** True for Claude Code sessions, false for Code Review. */
  readonly isSession: boolean;
}

/**
 * Returns the key, managed session and service tier of a piece of usage. They follow from its place alone, so that no figure
 * depends on them: half of Code Review runs on a key, some Claude Code of some people too, and the work of the system identity in
 * the sessions of an agent.
 */
export function enterpriseUse(
  { seed, members }: Organization,
  { day, nth, person, product, isSession }: Piece,
): ApiUse {
  if (person === members) return { ...BY_SEAT, apiKey: ENTERPRISE_KEYS.agents, session: day * 4 + (nth % 4) };
  if (product !== "claude_code") return BY_SEAT;
  const chance = hash(seed, STREAM, day * 64 + nth, person ?? -1);
  if (!isSession)
    return chance % 2 === 0 ? { ...BY_SEAT, apiKey: ENTERPRISE_KEYS.review, tier: "priority" } : BY_SEAT;
  return person !== null && person % 5 === 3 && chance % 3 === 0
    ? { ...BY_SEAT, apiKey: ENTERPRISE_KEYS.people }
    : BY_SEAT;
}

import type { Context } from "../context.ts";
import type { Day } from "../domain/day.ts";
import type { UseOf } from "../domain/engagement.ts";
import { inPieces } from "../domain/pieces.ts";
import type { DayRange } from "../domain/range.ts";
import {
  isTeamIn,
  membersThroughout,
  NO_PERSON,
  type Placement,
  placementKey,
  UNASSIGNED,
} from "../domain/team.ts";
import { badInput, type GatewayError } from "../errors.ts";
import { loader } from "../loaders/loader.ts";
import { shownPlacements, teamRequests, teamsNow } from "../loaders/teams.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { collect, pagesOf } from "../upstream/pages/iterate.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import { ByPlacement, windowQuestions } from "./team-figures.ts";

/** Use of one thing by the people of one placement. */
export interface TeamUse {
  readonly placement: Placement;
  /** Different people; null where upstream links the use to no member. */
  readonly users: number | null;
  /** Members on each of the days; null where they change, and for those without a team. */
  readonly members: number | null;
  /** Sum of a measure that is additive over people; null where it was not measured for one of them. */
  readonly uses: number | null;
}

/** The rows about one thing, one for each person over the days. */
export interface PersonalUse<Row> {
  readonly rows: readonly UseOf<Row>[];
  readonly range: DayRange;
  readonly measure: (row: UseOf<Row>) => number | null;
}

/**
 * Returns who used a thing, team by team, most people first. Every team is there, also one that did not use it, except those that
 * the viewer may not see. Throws BAD_USER_INPUT where a person who used it changes teams within the days: their use cannot be split.
 */
export async function useByTeam<Row>(
  ctx: Context,
  { rows, range, measure }: PersonalUse<Row>,
): Promise<readonly TeamUse[]> {
  const [teams, isShown, addresses] = await Promise.all([
    teamsNow(ctx),
    shownPlacements(ctx, range),
    addressesOf(ctx, range),
  ]);
  const used = new ByPlacement(() => new UseSum(measure), ctx);
  await inPieces(rows, ctx.upstream.turn, (row) => {
    const { userId } = row;
    const person = userId === null ? null : { userId, email: addresses.get(userId) ?? null };
    const places = person === null ? [NO_PERSON] : teams.placesThroughout(person, range);
    if (places === null) throw unsplit(range, person === null ? [] : teams.changesOf(person, range));
    used.add(places, person, row);
  });
  const teamsIn = teams.all.filter((team) => isTeamIn(team, range));
  const placed = [...teamsIn.map((team): Placement => ({ kind: "team", team })), UNASSIGNED, NO_PERSON];
  const uses = placed.filter(isShown).flatMap((placement) => {
    const found = used.sums.get(placementKey(placement));
    if (found === undefined && placement.kind !== "team") return [];
    return [{ placement, people: found?.people ?? NOBODY, uses: found?.sum.total ?? null }];
  });
  return withoutFew(uses, ctx.viewer.minPeople)
    .toSorted((a, b) => b.people.size - a.people.size)
    .map(({ placement, people, uses }) => ({
      placement,
      users: placement.kind === "nobody" ? null : people.size,
      members: placement.kind === "team" ? membersThroughout(placement.team, range) : null,
      uses: placement.kind === "team" && people.size === 0 ? 0 : uses,
    }));
}

/** Plans the requests for the teams and addresses of people over some days. */
export function teamUseRequests(ctx: Context, range: DayRange): readonly FieldRequests[] {
  return [requestsFor(userActivity, windowQuestions(userActivity, range, ctx)), ...teamRequests(ctx)];
}

/** The error for figures that upstream states for a whole range, about a person who changes teams within it. */
function unsplit({ from, until }: DayRange, changes: readonly Day[]): GatewayError {
  const [change = until] = changes.toSorted();
  return badInput(
    `A person who used it changes teams on ${change}, and upstream states the use of a range as one figure; query ${from} to ${change}, or from ${change} on.`,
  );
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * Leaves out teams in which too few people used the thing. Figures of all less those that are shown are the figures of the others,
 * so the next smallest go with them until the others are enough together.
 */
function withoutFew<Use extends { readonly people: ReadonlySet<string> }>(
  uses: readonly Use[],
  least: number,
): readonly Use[] {
  const bySize = uses.toSorted((a, b) => a.people.size - b.people.size);
  const hidden = new Set<string>();
  const shown = bySize.findIndex(({ people }) => {
    const isEnough = people.size >= least && (hidden.size === 0 || hidden.size >= least);
    if (!isEnough) for (const person of people) hidden.add(person);
    return isEnough;
  });
  const kept = new Set(shown < 0 ? [] : bySize.slice(shown));
  return uses.filter((each) => kept.has(each));
}

class UseSum<Row> {
  total: number | null = 0;
  readonly #measure: (row: Row) => number | null;

  constructor(measure: (row: Row) => number | null) {
    this.#measure = measure;
  }

  add(row: Row): void {
    const count = this.#measure(row);
    this.total = count === null || this.total === null ? null : this.total + count;
  }
}

/** Addresses of the people with activity in the days, by id: use names people by id, and an operator's list by address. */
async function addressesOf(ctx: Context, range: DayRange): Promise<ReadonlyMap<string, string>> {
  return (await addresses(ctx, { range }).load(ALL)) ?? new Map();
}

const ALL = "all";

const addresses = loader(async (ctx, { range }: { range: DayRange }) => {
  const { rows } = await collect(
    pagesOf(ctx.upstream, userActivity, windowQuestions(userActivity, range, ctx)),
  );
  const known = new Map<string, string>();
  await inPieces(rows, ctx.upstream.turn, ({ userId, email, formerEmail }) => {
    const address = email ?? formerEmail ?? null;
    if (userId !== null && address !== null) known.set(userId, address);
  });
  return new Map([[ALL, known]]);
});

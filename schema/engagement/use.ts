import { rankedBy } from "../../src/analytics/ranking.ts";
import type { Context } from "../../src/context.ts";
import type { EngagementFilter, UseOf } from "../../src/domain/engagement.ts";
import type { Person, PersonOver } from "../../src/domain/person.ts";
import type { DayRange } from "../../src/domain/range.ts";
import type { RowsOf } from "../../src/loaders/engagement-rows.ts";
import type { PlanRequests } from "../../src/planning/plan.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import { requestsOverDays } from "../../src/upstream/plan.ts";
import { type Connection, connectRanking, type Slice } from "../framework/connection.ts";
import type { Measure } from "../framework/order.ts";
import { type Measured, measured } from "./engagement.ts";

/** What one person did with one thing over a range, reached from the one or from the other. */
export type Use<Thing> = UseOf<Thing> & {
  readonly range: DayRange;
  readonly filter: EngagementFilter;
  readonly thing?: Measured<Thing>;
};

/** Rows by key, and the endpoint that they are asked of. */
export interface Rows<Row> {
  (
    ctx: Context,
    scope: { readonly range: DayRange; readonly filter: EngagementFilter },
  ): { load(key: string): Promise<RowsOf<Row> | null> };
  readonly endpoint: Endpoint<never, Row>;
}

/** How one kind of thing is asked who used it. */
export interface UseKind<Thing> {
  readonly endpoint: Endpoint<never, Thing>;
  readonly ownOf: (thing: Thing) => string;
  readonly ofPerson: Rows<UseOf<Thing>>;
  readonly ofThing: Rows<UseOf<Thing>>;
  readonly thing: Rows<Thing>;
}

/** What a person used, most used first. Null: nobody can say, since the person is not of the Enterprise organization. */
export async function usesOfPerson<Thing>(
  ctx: Context,
  kind: UseKind<Thing>,
  measure: Measure<UseOf<Thing>>,
  { organization, userId, range }: PersonOver,
): Promise<Use<Thing>[] | null> {
  if (organization !== "ENTERPRISE") return null;
  const filter: EngagementFilter = {};
  const found = await kind.ofPerson(ctx, { range, filter }).load(userId);
  return rankedBy(found?.rows ?? [], measure, kind.ownOf).map(({ row }) => ({ ...row, range, filter }));
}

/** Who used a thing, those who used it most first; within the range and the filter of the list that led to the thing. */
export function usesOfThing<Thing>(
  ctx: Context,
  kind: UseKind<Thing>,
  measure: Measure<UseOf<Thing>>,
  thing: Measured<Thing>,
  field: string,
  slice: Slice,
): Promise<Connection<Use<Thing>>> {
  const { range, filter } = thing;
  const own = kind.ownOf(thing);
  const question = { field, range, dataset: kind.endpoint.dataset, args: { own, filter } };
  return connectRanking(ctx, slice, question, async () => {
    const { rows, sources } = (await kind.ofThing(ctx, { range, filter }).load(own)) ?? NONE;
    const uses = rows.map((row): Use<Thing> => ({ ...row, range, filter, thing }));
    return { ranked: rankedBy(uses, measure, ({ userId }) => userId ?? ""), sources };
  });
}

const NONE = { rows: [], sources: [] };

/** Plans the requests for who used what: of all people, or all things, of a list together. */
export function useRequests<Thing>({ endpoint }: UseKind<Thing>): PlanRequests {
  return ({ range }, ctx) => requestsOverDays(endpoint, range, ctx);
}

/** Plans the requests for the things behind uses, unless those were reached from the things. */
export function thingRequests<Thing>(
  { endpoint }: UseKind<Thing>,
  noun: "Skill" | "Connector" | "Project",
): PlanRequests {
  return ({ range, within }, ctx) => (within.includes(noun) ? [] : requestsOverDays(endpoint, range, ctx));
}

/** The person behind a use; null where upstream ties it to no member. */
export function personOfUse({ userId }: Use<unknown>): Person | null {
  return userId === null ? null : { organization: "ENTERPRISE", userId };
}

/** The thing that was used, as everyone used it; all things of a list are looked up together. */
export async function thingOfUse<Thing>(
  ctx: Context,
  kind: UseKind<Thing>,
  use: Use<Thing>,
): Promise<Measured<Thing> | null> {
  const { thing, range, filter } = use;
  if (thing !== undefined) return thing;
  const own = kind.ownOf(use);
  const found = await kind.thing(ctx, { range, filter }).load(own);
  const [row] = found?.rows ?? [];
  return row === undefined ? null : measured(row, range, filter);
}

import type { FieldMap, ObjectFieldsShape } from "@pothos/core";
import { rankedBy } from "../../src/analytics/ranking.ts";
import type { Context } from "../../src/context.ts";
import type { EngagementFilterValues, UseOf } from "../../src/domain/engagement.ts";
import type { Person, PersonOver } from "../../src/domain/person.ts";
import type { DayRange } from "../../src/domain/range.ts";
import type { PlanRequests } from "../../src/planning/plan.ts";
import { resolveActivityRange } from "../../src/planning/range-input.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import { requestsOverDays } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { type Connection, connectRanking, forward, type Slice } from "../framework/connection.ts";
import type { Measure } from "../framework/order.ts";
import { personFigures, personOver, User } from "../people/user.ts";
import {
  type MeasuredKind,
  type MeasuredRow,
  measured,
  type Rows,
  type UsedBy,
  type Wording,
} from "./measured-thing.ts";

type Types = typeof builder.$inferSchemaTypes;

/** What one person did with one thing over a range, reached from the one or from the other. */
export type Use<Thing> = UseOf<Thing> & {
  readonly range: DayRange;
  readonly filter: EngagementFilterValues;
  readonly thing?: MeasuredRow<Thing>;
};

/** How one kind of thing is asked who used it. */
export interface UseKind<Thing> {
  readonly endpoint: Endpoint<never, Thing>;
  readonly ownOf: (thing: Thing) => string;
  readonly ofPerson: Rows<UseOf<Thing>>;
  readonly ofThing: Rows<UseOf<Thing>>;
  readonly thing: Rows<Thing>;
}

/** Particulars of the use of one kind of thing by one person. */
export interface UseOptions<Thing> {
  readonly kind: UseKind<Thing>;
  /** What uses are ranked by, and what it counts. */
  readonly by: Measure<UseOf<Thing>>;
  readonly counts: string;
  /** The fields that tell which thing it was, and others of that person alone. */
  readonly fields: ObjectFieldsShape<Types, Use<Thing>>;
}

/** Defines who used a thing, and what a person used. */
export function useFields<Thing extends UsedBy>(
  thing: PothosSchemaTypes.ObjectRef<Types, MeasuredRow<Thing>>,
  figures: PothosSchemaTypes.InterfaceRef<Types, Thing>,
  { noun, called, verb, field }: Wording & Pick<MeasuredKind<Thing>, "field">,
  { kind, by, counts, fields }: UseOptions<Thing>,
): void {
  // For the checker, a field of a type parameter could be of a list.
  const ofObject: PothosSchemaTypes.ObjectRef<Types, object> = thing;
  const singular = noun.toLowerCase();
  const { dataset } = kind.endpoint;
  const use = builder.objectRef<Use<Thing>>(`${noun}Use`).implement({
    description: `One person's use of one ${called} over a range. All figures cover that person only.`,
    fields: (t): FieldMap => ({
      [singular]: t.field({
        authScopes: { "activity:read": true },
        type: ofObject,
        nullable: true,
        description: `The ${singular} as all people used it over the same range. One run of upstream pages for all ${field} of a list, unless the list is of ${field}.`,
        requests: thingRequests(kind, noun),
        resolve: (row, _args, ctx) => thingOfUse(ctx, kind, row),
      }),
      user: t.field({
        type: User,
        nullable: true,
        description: "The person. Null: upstream links the use to no member.",
        resolve: personOfUse,
      }),
      ...fields(t),
    }),
  });
  use.addInterfaces([figures]);

  const connection = builder.connectionObject(
    { type: use, name: `${noun}UseConnection`, description: `The people who used a ${singular}.` },
    { name: `${noun}UseEdge`, description: "A person's use and its cursor." },
  );
  personFigures((t, range) => ({
    [field]: t.field({
      authScopes: { "activity:read": true, own: true },
      type: [use],
      nullable: true,
      description: `The ${called}s the person ${verb} over the range, most ${counts} first; empty: none. Null: the person is not in the Enterprise organization. One run of upstream pages for all people of a list.`,
      sources: [dataset],
      args: range,
      requests: useRequests(kind),
      resolve: (person, { range }, ctx) =>
        usesOfPerson(ctx, kind, by, personOver(person, range, ctx, resolveActivityRange)),
    }),
  }));
  builder.objectField(thing, "usedBy", (t) =>
    t.field({
      authScopes: { individuals: true },
      type: connection,
      nullable: true,
      description: `The people who ${verb} it over the range and under the filter of the list, most ${counts} first, ties by id. One run of upstream pages for all ${field} of a list.`,
      sources: [dataset],
      args: forward,
      requests: useRequests(kind),
      resolve: (row, slice, ctx) => usesOfThing(ctx, kind, by, row, `${noun}.usedBy`, slice),
    }),
  );
}

/** What a person used, most used first. Null: nobody can say, since the person is not of the Enterprise organization. */
async function usesOfPerson<Thing>(
  ctx: Context,
  kind: UseKind<Thing>,
  measure: Measure<UseOf<Thing>>,
  { organization, userId, range }: PersonOver,
): Promise<Use<Thing>[] | null> {
  if (organization !== "ENTERPRISE") return null;
  const filter: EngagementFilterValues = {};
  const found = await kind.ofPerson(ctx, { range, filter }).load(userId);
  return rankedBy(found?.rows ?? [], measure, kind.ownOf).map(({ row }) => ({ ...row, range, filter }));
}

/** Who used a thing, those who used it most first; within the range and the filter of the list that led to the thing. */
function usesOfThing<Thing>(
  ctx: Context,
  kind: UseKind<Thing>,
  measure: Measure<UseOf<Thing>>,
  thing: MeasuredRow<Thing>,
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
function useRequests<Thing>({ endpoint }: UseKind<Thing>): PlanRequests {
  return ({ range }, ctx) => requestsOverDays(endpoint, range, ctx);
}

/** Plans the requests for the things behind uses, unless those were reached from the things. */
function thingRequests<Thing>({ endpoint }: UseKind<Thing>, noun: string): PlanRequests {
  return ({ range, within }, ctx) => (within.includes(noun) ? [] : requestsOverDays(endpoint, range, ctx));
}

/** The person behind a use; null where upstream ties it to no member. */
function personOfUse({ userId }: Use<unknown>): Person | null {
  return userId === null ? null : { organization: "ENTERPRISE", userId };
}

/** The thing that was used, as everyone used it; all things of a list are looked up together. */
async function thingOfUse<Thing>(
  ctx: Context,
  kind: UseKind<Thing>,
  use: Use<Thing>,
): Promise<MeasuredRow<Thing> | null> {
  const { thing, range, filter } = use;
  if (thing !== undefined) return thing;
  const own = kind.ownOf(use);
  const found = await kind.thing(ctx, { range, filter }).load(own);
  const [row] = found?.rows ?? [];
  return row === undefined ? null : measured(row, range, filter);
}

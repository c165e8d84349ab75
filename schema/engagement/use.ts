import type { FieldMap, ObjectFieldsShape } from "@pothos/core";
import { rankedBy } from "../../src/analytics/ranking.ts";
import { teamUseRequests, useByTeam } from "../../src/analytics/team-use.ts";
import type { Context } from "../../src/context.ts";
import type { EngagementFilterValues, UseOf } from "../../src/domain/engagement.ts";
import type { Person, PersonOver } from "../../src/domain/person.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { TEAM_SOURCES } from "../../src/loaders/teams.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { type RangeInput, resolveActivityRange } from "../../src/planning/range-input.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import { requestsOverDays } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { type Connection, connectRanking, forward, type Slice } from "../framework/connection.ts";
import type { Measure } from "../framework/order.ts";
import { asReadable } from "../people/own-person.ts";
import { personFigures, personOver, User } from "../people/user.ts";
import {
  type MeasuredKind,
  type MeasuredRow,
  measured,
  type Rows,
  type UsedBy,
  type Wording,
} from "./measured-thing.ts";
import { TeamUseType } from "./team-use.ts";

type Types = typeof builder.$inferSchemaTypes;

/** The use of one thing by one person over a range, reached from either of them. */
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
  /** The measure that uses are ranked by, and its description. */
  readonly by: (use: UseOf<Thing>) => number | null;
  readonly counts: string;
  /** The fields that tell which thing it was, and others of that person alone. */
  readonly fields: ObjectFieldsShape<Types, Use<Thing>>;
}

/** Defines who used a thing, and what a person used. */
export function useFields<Thing extends UsedBy>(
  thing: PothosSchemaTypes.ObjectRef<Types, MeasuredRow<Thing>>,
  figures: PothosSchemaTypes.InterfaceRef<Types, Thing>,
  wording: Wording & Pick<MeasuredKind<Thing>, "field">,
  options: UseOptions<Thing>,
): void {
  const { noun, called, verb, field } = wording;
  const { kind, by, counts, fields } = options;
  // For the checker, a field of a type parameter could be of a list.
  const ofObject: PothosSchemaTypes.ObjectRef<Types, object> = thing;
  const singular = noun.toLowerCase();
  const { dataset } = kind.endpoint;
  const use = builder.objectRef<Use<Thing>>(`${noun}Use`).implement({
    description: `One person's use of one ${called} over a range. All figures cover that person only.`,
    fields: (t): FieldMap => ({
      [singular]: t.field({
        requires: ["activity:read"],
        type: ofObject,
        nullable: true,
        description: `The ${singular} as all people used it over the same range. One run of upstream pages for all ${field} of a list, unless the list is of ${field}.`,
        ...thingOfUse(kind, noun),
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
      requires: ["activity:read", "own", "peopleOfTeam"],
      type: [use],
      nullable: true,
      description: `The ${called}s the person ${verb} over the range, most ${counts} first; empty: none. Null: the person is not in the Enterprise organization. One run of upstream pages for all people of a list.`,
      sources: [dataset],
      args: range,
      ...usesOfPerson(kind, by),
    }),
  }));
  builder.objectField(thing, "usedBy", (t) =>
    t.field({
      requires: ["individuals"],
      type: connection,
      nullable: true,
      description: `The people who ${verb} it over the range and under the filter of the list, most ${counts} first, ties by id. One run of upstream pages for all ${field} of a list.`,
      sources: [dataset],
      args: forward,
      ...usesOfThing(kind, by, `${noun}.usedBy`),
    }),
  );
  teamField(thing, wording, options);
}

/** Defines the use of a thing by team. */
function teamField<Thing extends UsedBy>(
  thing: PothosSchemaTypes.ObjectRef<Types, MeasuredRow<Thing>>,
  { verb, field }: Wording & Pick<MeasuredKind<Thing>, "field">,
  { kind: { endpoint, ofThing, ownOf }, by, counts }: UseOptions<Thing>,
): void {
  builder.objectField(thing, "byTeam", (t) =>
    t.field({
      requires: ["activity:read"],
      type: [TeamUseType],
      nullable: true,
      description: `Its use by team, most people first, under the filter of the list: teams of the operator's list, otherwise the RBAC groups, each with its members: those of a list on the days that it states, those of a group as of now. BAD_USER_INPUT where a person who used it changes teams within the range, since upstream states the use of a range as one figure; the message names ranges that work. \`users\` are those who ${verb} it, \`uses\` their ${counts}. Teams without use have a row of zeros. People in several teams count in each. One run of upstream pages of use for all ${field} of a list, and one of people. Errors: BAD_USER_INPUT, DIRECTORY_NOT_READY, UPSTREAM_*.`,
      sources: [endpoint.dataset, "USER_ACTIVITY", ...TEAM_SOURCES],
      requests: ({ range }, ctx) => [
        requestsOverDays(ofThing.endpoint, range, ctx),
        ...teamUseRequests(ctx, range),
      ],
      resolve: async (row, _args, ctx) => {
        const { range, filter } = row;
        const { rows } = (await ofThing(ctx, { range, filter }).load(ownOf(row))) ?? NONE;
        return useByTeam(ctx, { rows, range, measure: by });
      },
    }),
  );
}

// The requests of each field are planned from the very rows that its resolver loads.

/** A field of what a person used, most used first. Null: the person is not in the Enterprise organization, so it is unknown. */
function usesOfPerson<Thing>({ ofPerson, ownOf }: UseKind<Thing>, measure: Measure<UseOf<Thing>>) {
  return {
    requests: ({ range }: PlanInput, ctx: Context) => requestsOverDays(ofPerson.endpoint, range, ctx),
    async resolve(
      person: Person | PersonOver,
      { range: stated }: { readonly range?: RangeInput },
      ctx: Context,
    ): Promise<Use<Thing>[] | null> {
      const { organization, userId, range } = personOver(person, stated, ctx, resolveActivityRange);
      if (organization !== "ENTERPRISE") return null;
      const filter: EngagementFilterValues = {};
      const found = await ofPerson(ctx, { range, filter }).load(userId);
      const ranked = await rankedBy(found?.rows ?? [], measure, ownOf, ctx.upstream.turn);
      return ranked.map(({ row }) => ({ ...row, range, filter }));
    },
  };
}

/** A field of who used a thing, those who used it most first; within the range and the filter of the list that led to the thing. */
function usesOfThing<Thing>(
  { endpoint, ofThing, ownOf }: UseKind<Thing>,
  measure: Measure<UseOf<Thing>>,
  field: string,
) {
  return {
    requests: ({ range }: PlanInput, ctx: Context) => requestsOverDays(ofThing.endpoint, range, ctx),
    resolve(thing: MeasuredRow<Thing>, slice: Slice, ctx: Context): Promise<Connection<Use<Thing>>> {
      const { range, filter } = thing;
      const own = ownOf(thing);
      const question = { field, range, dataset: endpoint.dataset, args: { own, filter } };
      return connectRanking(ctx, slice, question, async () => {
        const { rows, sources } = (await ofThing(ctx, { range, filter }).load(own)) ?? NONE;
        const ranked = await rankedBy(rows, measure, ({ userId }) => userId ?? "", ctx.upstream.turn);
        return { ranked, sources, nodeOf: (row): Use<Thing> => ({ ...row, range, filter, thing }) };
      });
    },
  };
}

const NONE = { rows: [], sources: [] };

/**
 * A field of the thing that was used, as everyone used it. All things of a list are looked up together, unless the uses were reached
 * from the things.
 */
function thingOfUse<Thing>({ thing: things, ownOf }: UseKind<Thing>, noun: string) {
  return {
    requests: ({ range, within }: PlanInput, ctx: Context) =>
      within.includes(noun) ? [] : requestsOverDays(things.endpoint, range, ctx),
    async resolve(use: Use<Thing>, _args: object, ctx: Context): Promise<MeasuredRow<Thing> | null> {
      const { thing, range, filter } = use;
      if (thing !== undefined) return thing;
      const found = await things(ctx, { range, filter }).load(ownOf(use));
      const [row] = found?.rows ?? [];
      return row === undefined ? null : measured(row, range, filter);
    },
  };
}

/** The person behind a use; null where upstream ties it to no member. */
function personOfUse({ userId }: Use<unknown>, _args: object, ctx: Context): Person | null | Promise<Person> {
  return userId === null ? null : asReadable(ctx, { organization: "ENTERPRISE", userId });
}

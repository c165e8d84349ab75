import type { FieldMap } from "@pothos/core";
import type { Context } from "../../src/context.ts";
import { decimalOf } from "../../src/domain/decimal.ts";
import type { ByGroup, ByProduct } from "../../src/domain/engagement.ts";
import { ratio } from "../../src/domain/measures.ts";
import { isShownOf } from "../../src/domain/viewer.ts";
import { shownSizeOfGroup } from "../../src/loaders/groups.ts";
import { membershipRequests, TEAM_SOURCES } from "../../src/loaders/teams.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { requestsOverDays } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { Group, groupOf, ofGroups } from "../people/group.ts";
import type { MeasuredKind, MeasuredRow, Rows, UsedBy, Wording } from "./measured-thing.ts";

type Types = typeof builder.$inferSchemaTypes;

export const GroupPart = builder.interfaceRef<ByGroup<object>>("GroupPart").implement({
  description:
    "Activity of the members of one group, by membership at the time of use. People in several groups count fully in each, so groups can add up to more than the total. People without a group are the row without a group.",
  fields: (t) => ({
    groupId: t.exposeString("groupId", {
      nullable: true,
      description: "Upstream id of the group. Null: people without a group.",
    }),
    groupName: t.exposeString("groupName", {
      nullable: true,
      description: "Name of the group, as the figures state it. Null: the group is gone. Not unique.",
    }),
    group: t.field({
      type: Group,
      nullable: true,
      description: "The group. One look-up for all rows of a list. Null: people without a group.",
      ...ofGroups,
      resolve: ({ groupId }, _args, ctx) => (groupId === null ? null : groupOf(ctx, groupId)),
    }),
  }),
});

const ProductPart = builder.interfaceRef<ByProduct<object>>("ProductPart").implement({
  description: "Use in one product.",
  fields: (t) => ({
    product: t.exposeString("product", {
      nullable: true,
      description: "Product, such as `chat` or `claude_code`; new names may appear. Null: not stated.",
    }),
  }),
});

/** Where the parts of a thing's use are read; upstream tells some things apart by group only. */
export interface PartRows<Row> {
  readonly byGroup: Rows<ByGroup<Row>>;
  readonly byProduct?: Rows<ByProduct<Row>>;
}

/** A field of the parts of a thing's use: its requests and its resolver ask the same rows. */
function partsField<Thing, Row extends UsedBy>(rows: Rows<Row>, ownOf: (thing: Thing) => string) {
  return {
    requests: ({ range }: PlanInput, ctx: Context) => requestsOverDays(rows.endpoint, range, ctx),
    resolve: (thing: MeasuredRow<Thing>, _args: object, ctx: Context) =>
      partsOf(ctx, rows, thing, ownOf(thing)),
  };
}

/** The parts of a thing's use within the range and the filter of the list that led to it, those of most people first. */
async function partsOf<Row extends UsedBy>(
  ctx: Context,
  rows: Rows<Row>,
  { range, filter }: MeasuredRow<unknown>,
  own: string,
): Promise<Row[]> {
  const found = await rows(ctx, { range, filter }).load(own);
  return (found?.rows ?? [])
    .filter(({ users }) => isShownOf(ctx.viewer, users))
    .toSorted((a, b) => b.users - a.users);
}

/** Options of a field that needs to know who is in which group now. */
const ofMemberships = {
  sources: TEAM_SOURCES,
  requests: (_input: object, ctx: Context) => membershipRequests(ctx),
} as const;

const users = (who: string) =>
  ({
    type: "Count",
    nullable: true,
    description: `${who} Recounted exactly over the range; not additive.`,
    resolve: ({ users }: UsedBy) => users,
  }) as const;

const ONE_RUN = "One run of upstream pages for all rows of a list.";

/** Defines the types of the parts of a thing's use and the fields that lead to them. */
export function partFields<Row extends UsedBy>(
  thing: PothosSchemaTypes.ObjectRef<Types, MeasuredRow<Row>>,
  figures: PothosSchemaTypes.InterfaceRef<Types, Row>,
  {
    noun,
    called,
    verb,
    parts,
    ownOf,
    endpoint: { dataset },
  }: Wording & MeasuredKind<Row> & { readonly parts: PartRows<Row> },
  /** The number of people is a field of each part, where it is not one of the figures. */
  countsUsers: boolean,
): void {
  const { byGroup, byProduct } = parts;
  const ByGroupType = builder.objectRef<ByGroup<Row>>(`${noun}ByGroup`).implement({
    description: `The use of a ${called} by the members of one group.`,
    fields: (t): FieldMap => ({
      ...(countsUsers && { users: t.field(users(`Different members who ${verb} it.`)) }),
      members: t.field({
        type: "Count",
        nullable: true,
        description:
          "Current members of the group, from the directory. Not additive: people can be in several groups. Null: people without a group, or a deleted group.",
        ...ofMemberships,
        resolve: ({ groupId }, _args, ctx) => shownSizeOfGroup(ctx, groupId),
      }),
      adoption: t.field({
        type: "Decimal",
        nullable: true,
        description: `Share of the group that ${verb} it: \`users\`, which is exact, divided by \`members\`. Membership at the time of use counts for the one and of now for the other, so it is approximate for past days and can exceed 1. Rounded half to even at 12 decimals; not additive. Null: \`members\` is null or zero.`,
        ...ofMemberships,
        resolve: async ({ groupId, users }, _args, ctx) => {
          const members = await shownSizeOfGroup(ctx, groupId);
          return members === null ? null : ratio(decimalOf(users), decimalOf(members));
        },
      }),
    }),
  });
  ByGroupType.addInterfaces([GroupPart, figures]);
  builder.objectField(thing, "byGroup", (t) =>
    t.field({
      type: [ByGroupType],
      nullable: true,
      description: `Its use by group of people, most people first. ${ONE_RUN}`,
      sources: [dataset],
      ...partsField(byGroup, ownOf),
    }),
  );
  if (byProduct === undefined) return;
  const ByProductType = builder.objectRef<ByProduct<Row>>(`${noun}ByProduct`).implement({
    description: `The use of a ${called} in one product.`,
    fields: (t): FieldMap =>
      countsUsers ? { users: t.field(users(`Different people who ${verb} it there.`)) } : {},
  });
  ByProductType.addInterfaces([ProductPart, figures]);
  builder.objectField(thing, "byProduct", (t) =>
    t.field({
      type: [ByProductType],
      nullable: true,
      description: `Its use by product, most people first. Empty: upstream does not split it by product. ${ONE_RUN}`,
      sources: [dataset],
      ...partsField(byProduct, ownOf),
    }),
  );
}

import type { Context } from "../../src/context.ts";
import type { Skill as SkillShape } from "../../src/domain/engagement.ts";
import { skillUses } from "../../src/loaders/engagement-use.ts";
import { SKILL_FILTER_VALUES, SKILL_FILTERS, skillActivity } from "../../src/upstream/endpoints/skills.ts";
import { builder, nodeLoader } from "../framework/builder.ts";
import { Money } from "../framework/money.ts";
import { engagementOrder } from "../framework/order.ts";
import { measured as optional } from "./activity.ts";
import {
  engagementArgs,
  type ListArgs,
  listMeasured,
  loadMeasured,
  type Measured,
  type MeasuredKind,
  measuredId,
  measuredLookup,
  measuredRequests,
  OfficeSessions,
  useTypes,
} from "./engagement.ts";
import { EngagementFilter } from "./filter.ts";

const {
  Chat: SkillChat,
  Code: SkillCode,
  Cowork: SkillCowork,
  ChatCowork: SkillChatCowork,
} = useTypes("Skill", "activated");

/** What is measured of a skill, of everybody's use or a part of it. */
export const SkillFigures = builder.interfaceRef<SkillShape>("SkillFigures").implement({
  description:
    "The use of a skill: by everyone, by one person, in one product or by the members of one group.",
  fields: (t) => ({
    invocations: t.expose("invocations", optional("Explicit activations.")),
    chat: t.expose("chat", { type: SkillChat, nullable: true, description: "In chat." }),
    claudeCode: t.expose("claudeCode", { type: SkillCode, nullable: true, description: "In Claude Code." }),
    office: t.expose("office", {
      type: OfficeSessions,
      nullable: true,
      description: "In Office applications.",
    }),
    cowork: t.expose("cowork", { type: SkillCowork, nullable: true, description: "In Cowork." }),
    chatCowork: t.expose("chatCowork", {
      type: SkillChatCowork,
      nullable: true,
      description: "In the merged Chat and Cowork product. Null where the organization does not have it.",
    }),
    listPrice: t.expose("listPrice", {
      authScopes: { "spend:read": true },
      type: Money,
      nullable: true,
      description:
        "List-price worth of the requests it took part in; an allocation, not billing. Additive, but the parts of a split can add up to less than the whole. Null where nothing is attributable.",
    }),
    overage: t.expose("overage", {
      authScopes: { "spend:read": true },
      type: Money,
      nullable: true,
      description:
        "Estimated metered overage allocated to it; not billing. Additive, but the parts of a split can add up to less than the whole. Null while spend reporting is off.",
    }),
  }),
});

const skills: MeasuredKind<SkillShape> = {
  field: "skills",
  endpoint: skillActivity,
  filters: SKILL_FILTERS,
  filterValues: SKILL_FILTER_VALUES,
  choosing: ["names", "shareStatuses"],
  ownOf: ({ name }) => name,
  rows: skillUses.thing,
};

export const Skill = builder.node(builder.objectRef<Measured<SkillShape>>("Skill"), {
  description:
    "A skill as used over the range of the list, as far as its filter lets through. The `id` names all three; `name` is the skill's own. Source: SKILL_ACTIVITY.",
  interfaces: [SkillFigures],
  id: { resolve: (skill, _args, ctx) => measuredId(ctx, skill, skill.name) },
  lookup: measuredLookup(skills),
  loadOne: nodeLoader("Skill", (id, ctx) => loadMeasured(ctx, skills, id)),
  fields: (t) => ({
    name: t.exposeString("name", {
      description:
        "Name, or an opaque id for user, organization and plugin skills. `unknown` is a bucket, not a skill.",
    }),
    displayName: t.exposeString("displayName", {
      nullable: true,
      description: "Readable name where `name` is an opaque id that may be disclosed. Not unique.",
    }),
    shareStatus: t.exposeString("shareStatus", {
      nullable: true,
      description: "`organization`, `private` or `public` on claude.ai; null for skills seen only elsewhere.",
    }),
    users: t.expose("users", {
      type: "Count",
      nullable: true,
      description: "Different people who activated it. Recounted exactly over the range; not additive.",
    }),
    enabledBy: t.expose("enabledBy", {
      type: "Count",
      nullable: true,
      description: "Accounts that switched it on that day. Null over more than one day.",
    }),
  }),
});

const SkillOrder = engagementOrder<Measured<SkillShape>>(
  "Skill",
  { field: "NAME", description: "By name." },
  {
    USERS: { description: "Different people who activated it.", of: ({ users }) => users },
    INVOCATIONS: { description: "Explicit activations.", of: ({ invocations }) => invocations },
    LIST_PRICE: {
      scope: "spend:read",
      description: "List-price worth of the requests it took part in.",
      of: ({ listPrice }) => listPrice?.cents ?? null,
    },
    OVERAGE: {
      scope: "spend:read",
      description: "Estimated metered overage.",
      of: ({ overage }) => overage?.cents ?? null,
    },
  },
);

type SkillArgs = ListArgs<SkillShape> & {
  readonly orderBy?: typeof SkillOrder.input.$inferInput | null | undefined;
};

function ordered(args: SkillArgs, ctx: Context): ListArgs<SkillShape> {
  return { ...args, order: SkillOrder.orderOf(args.orderBy, ctx) };
}

const SkillConnection = builder.connectionObject(
  { type: Skill, name: "SkillConnection", description: "Skills used in the range." },
  { name: "SkillEdge", description: "A skill and its place in the list." },
);

builder.queryField("skills", (t) =>
  t.field({
    authScopes: { "activity:read": true },
    type: SkillConnection,
    nullable: true,
    description:
      "Skills used in the range, by name unless ordered otherwise. Source: SKILL_ACTIVITY. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, UPSTREAM_*.",
    args: {
      filter: t.arg({ type: EngagementFilter, description: "Which use to count." }),
      orderBy: t.arg({
        type: SkillOrder.input,
        description: "What comes first; by default the first by name.",
      }),
      ...engagementArgs,
    },
    requests: ({ args }, ctx) => measuredRequests(ctx, skills, ordered(args, ctx)),
    resolve: (_root, args, ctx) => listMeasured(ctx, skills, ordered(args, ctx)),
  }),
);

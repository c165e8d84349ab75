import type { Skill as SkillShape, UseOf } from "../src/domain/engagement.ts";
import { skillUses } from "../src/loaders/engagement-use.ts";
import { measured as optional } from "./activity.ts";
import { builder } from "./builder.ts";
import { forward } from "./connection.ts";
import { OfficeSessions } from "./engagement.ts";
import { personOfUse, thingOfUse, type Use, usesOfPerson, usesOfThing } from "./engagement-use.ts";
import { Money } from "./money.ts";
import { Skill, SkillChat, SkillChatCowork, SkillCode, SkillCowork } from "./skill.ts";
import { personRange, User } from "./user.ts";

const mostUsed = ({ invocations }: UseOf<SkillShape>) => invocations;

export const SkillUse = builder.objectRef<Use<SkillShape>>("SkillUse").implement({
  description: "One person's use of one skill over a range. All figures are of that person alone.",
  fields: (t) => ({
    skill: t.field({
      type: Skill,
      nullable: true,
      description:
        "The skill as everyone used it over the same range. One upstream walk for all skills of a list together, unless the list is of skills.",
      resolve: (use, _args, ctx) => thingOfUse(ctx, skillUses, use),
    }),
    name: t.exposeString("name", { description: "Name of the skill, or an opaque id." }),
    displayName: t.exposeString("displayName", {
      nullable: true,
      description: "Readable name where `name` is an opaque id that may be disclosed. Not unique.",
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: "The person. Null for use that upstream ties to no member.",
      resolve: personOfUse,
    }),
    invocations: t.expose("invocations", optional("Explicit activations by this person.")),
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
      type: Money,
      nullable: true,
      description:
        "List-price worth of this person's requests in which the skill took part; an allocation, not billing. People can add up to less than the skill. Null where nothing is attributable.",
    }),
    overage: t.expose("overage", {
      type: Money,
      nullable: true,
      description:
        "Estimated metered overage of this person allocated to the skill; not billing. People can add up to less than the skill. Null while spend reporting is off.",
    }),
  }),
});

const SkillUseConnection = builder.connectionObject(
  { type: SkillUse, name: "SkillUseConnection", description: "The people who used a skill." },
  { name: "SkillUseEdge", description: "A person's use and its place in the list." },
);

builder.objectField(User, "skills", (t) =>
  t.field({
    type: [SkillUse],
    nullable: true,
    description:
      "The skills the person activated over the range, most activations first; empty: none. Null: the person is not in the Enterprise organization. One upstream walk for all people of a list together. Source: SKILL_ACTIVITY.",
    args: personRange,
    resolve: (person, { range }, ctx) => usesOfPerson(ctx, skillUses, mostUsed, person, range),
  }),
);

builder.objectField(Skill, "usedBy", (t) =>
  t.field({
    type: SkillUseConnection,
    nullable: true,
    description:
      "The people who activated it over the range and under the filter of the list, most activations first, ties by id. One upstream walk for all skills of a list together. Source: SKILL_ACTIVITY.",
    args: forward,
    resolve: (skill, slice, ctx) => usesOfThing(ctx, skillUses, mostUsed, skill, "Skill.usedBy", slice),
  }),
);

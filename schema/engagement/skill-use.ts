import type { Skill as SkillShape, UseOf } from "../../src/domain/engagement.ts";
import { skillUses } from "../../src/loaders/engagement-use.ts";
import { resolveActivityRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { forward } from "../framework/connection.ts";
import { personFigures, personOver, User } from "../people/user.ts";
import { Skill, SkillFigures } from "./skill.ts";
import {
  personOfUse,
  thingOfUse,
  thingRequests,
  type Use,
  useRequests,
  usesOfPerson,
  usesOfThing,
} from "./use.ts";

const mostUsed = ({ invocations }: UseOf<SkillShape>) => invocations;

const SkillUse = builder.objectRef<Use<SkillShape>>("SkillUse").implement({
  description: "One person's use of one skill over a range. All figures are of that person alone.",
  interfaces: [SkillFigures],
  fields: (t) => ({
    skill: t.field({
      authScopes: { "activity:read": true },
      type: Skill,
      nullable: true,
      description:
        "The skill as everyone used it over the same range. One upstream walk for all skills of a list together, unless the list is of skills.",
      requests: thingRequests(skillUses, "Skill"),
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
  }),
});

const SkillUseConnection = builder.connectionObject(
  { type: SkillUse, name: "SkillUseConnection", description: "The people who used a skill." },
  { name: "SkillUseEdge", description: "A person's use and its place in the list." },
);

personFigures((t, range) => ({
  skills: t.field({
    authScopes: { "activity:read": true, own: true },
    type: [SkillUse],
    nullable: true,
    description:
      "The skills the person activated over the range, most activations first; empty: none. Null: the person is not in the Enterprise organization. One upstream walk for all people of a list together. Source: SKILL_ACTIVITY.",
    args: range,
    requests: useRequests(skillUses),
    resolve: (person, { range }, ctx) =>
      usesOfPerson(ctx, skillUses, mostUsed, personOver(person, range, ctx, resolveActivityRange)),
  }),
}));

builder.objectField(Skill, "usedBy", (t) =>
  t.field({
    authScopes: { individuals: true },
    type: SkillUseConnection,
    nullable: true,
    description:
      "The people who activated it over the range and under the filter of the list, most activations first, ties by id. One upstream walk for all skills of a list together. Source: SKILL_ACTIVITY.",
    args: forward,
    requests: useRequests(skillUses),
    resolve: (skill, slice, ctx) => usesOfThing(ctx, skillUses, mostUsed, skill, "Skill.usedBy", slice),
  }),
);

import type { SkillRow } from "../../src/domain/engagement.ts";
import { skillParts } from "../../src/loaders/engagement-parts.ts";
import { skillUses } from "../../src/loaders/engagement-use.ts";
import { skillActivity } from "../../src/upstream/endpoints/skills.ts";
import { Money, spendOnly } from "../framework/money.ts";
import { measuredField as optional } from "./activity.ts";
import { amountField, count } from "./comparison.ts";
import { measuredNoun } from "./measured-noun.ts";
import { OfficeSessions, useTypes } from "./product-use.ts";

const {
  Chat: SkillChat,
  Code: SkillCode,
  Cowork: SkillCowork,
  ChatCowork: SkillChatCowork,
} = useTypes("Skill", "activated");

export const Skill = measuredNoun<SkillRow>({
  noun: "Skill",
  called: "skill",
  verb: "activated",
  field: "skills",
  endpoint: skillActivity,
  choosing: ["names", "shareStatuses"],
  ownOf: ({ name }) => name,
  rows: skillUses.thing,
  description:
    "A skill with its use over the range and filter of the list. The `id` identifies all three; `name` identifies the skill.",
  listed: { query: "Skills used in the range", connection: "Skills used in the range." },
  column: { field: "NAME", called: "name" },
  figures: {
    description:
      "The use of a skill: by all people, by one person, in one product or by the members of one group.",
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
        ...spendOnly(Money),
        description:
          "Value at list price of the requests it took part in; an allocation, not billing. Additive, but the parts of a split can add up to less than the whole. Null: nothing is attributable.",
      }),
      overage: t.expose("overage", {
        ...spendOnly(Money),
        description:
          "Estimated metered overage allocated to it; not billing. Additive, but the parts of a split can add up to less than the whole. Null while spend reporting is off.",
      }),
    }),
  },
  fields: (t) => ({
    name: t.exposeString("name", {
      description:
        "Name, or an opaque id for user, organization and plugin skills. `unknown` is not a skill: it stands for unidentified skills.",
    }),
    displayName: t.exposeString("displayName", {
      nullable: true,
      description: "Readable name where `name` is an opaque id that may be disclosed. Not unique.",
    }),
    shareStatus: t.exposeString("shareStatus", {
      nullable: true,
      description: "`organization`, `private` or `public` on claude.ai; null for skills seen only elsewhere.",
    }),
    enabledBy: t.expose("enabledBy", {
      type: "Count",
      nullable: true,
      description: "Accounts that switched it on that day. Null over more than one day.",
      ofOneDay: true,
    }),
  }),
  measures: {
    INVOCATIONS: { description: "Explicit activations.", of: ({ invocations }) => invocations },
    LIST_PRICE: {
      scope: "spend:read",
      description: "Value at list price of the requests it took part in.",
      of: ({ listPrice }) => listPrice?.cents ?? null,
    },
    OVERAGE: {
      scope: "spend:read",
      description: "Estimated metered overage.",
      of: ({ overage }) => overage?.cents ?? null,
    },
  },
  parts: skillParts,
  comparison: {
    description: "The use of a skill compared with another period. Estimated counts are left out.",
    fields: {
      invocations: count("Explicit activations. Additive.", ({ invocations }) => invocations),
      listPrice: amountField("Value at list price.", ({ listPrice }) => listPrice),
      overage: amountField("Estimated metered overage.", ({ overage }) => overage),
    },
  },
  uses: {
    kind: skillUses,
    by: ({ invocations }) => invocations,
    counts: "activations",
    fields: (t) => ({
      name: t.exposeString("name", { description: "Name of the skill, or an opaque id." }),
      displayName: t.exposeString("displayName", {
        nullable: true,
        description: "Readable name where `name` is an opaque id that may be disclosed. Not unique.",
      }),
    }),
  },
});

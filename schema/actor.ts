import { personByEmail } from "../src/analytics/join.ts";
import type { CodeActor } from "../src/domain/claude-code.ts";
import type { DayRange } from "../src/domain/range.ts";
import { builder } from "./builder.ts";
import { User } from "./user.ts";

type Kind<K extends CodeActor["kind"]> = Extract<CodeActor, { kind: K }> & { readonly range: DayRange };

const UserActor = builder.objectRef<Kind<"user">>("UserActor").implement({
  description: "A person, known by email.",
  fields: (t) => ({
    email: t.exposeString("email", { description: "Address, as the source spells it." }),
    user: t.field({
      type: User,
      nullable: true,
      description: "The member with this address, letter case aside; null where no organization has one.",
      resolve: ({ email, range }, _args, ctx) => personByEmail(ctx, email, range),
    }),
  }),
});

const ApiKeyActor = builder.objectRef<Kind<"apiKey">>("ApiKeyActor").implement({
  description: "An API key, known by its name only.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Name of the key. Not unique: several keys can share one." }),
  }),
});

const UnknownActor = builder.objectRef<Kind<"unknown">>("UnknownActor").implement({
  description: "An actor of a kind this gateway does not know yet.",
  fields: (t) => ({
    type: t.exposeString("type", { description: "What upstream calls the kind." }),
  }),
});

const TYPES = { user: UserActor, apiKey: ApiKeyActor, unknown: UnknownActor } as const;

/** Who or what did something. */
export const Actor = builder.unionType("Actor", {
  description: "Who or what did something. Kinds may be added.",
  types: Object.values(TYPES),
  resolveType: ({ kind }) => TYPES[kind].name,
});

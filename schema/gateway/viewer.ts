import type { Context } from "../../src/context.ts";
import { IDENTITIES, type Identity, type Role, type Viewer } from "../../src/domain/viewer.ts";
import { badInput, type GatewayError } from "../../src/errors.ts";
import { builder } from "../framework/builder.ts";

const ROLE_VALUES = {
  PRIMARY_OWNER: { description: "Reads everything." },
  OWNER: { description: "Reads everything." },
  ADMIN: { description: "Reads everything but spend and spend limits." },
  ANALYST: { description: "Reads activity and spend, with people by pseudonym." },
  LEAD: { description: "Reads the figures of the teams that they lead, and of their people." },
  MEMBER: { description: "Reads only their own figures." },
  SERVICE: { description: "Reads what its scopes grant." },
} as const satisfies Record<Role, object>;

const ViewerRole = builder.enumType("ViewerRole", {
  description:
    "The role of a caller, from the one that may read most. A token can have other scopes than its role.",
  values: ROLE_VALUES,
});

const IDENTITY_VALUES = {
  FULL: { value: "full", description: IDENTITIES.full },
  PSEUDONYM: { value: "pseudonym", description: IDENTITIES.pseudonym },
  NONE: { value: "none", description: IDENTITIES.none },
} as const satisfies Record<Uppercase<Identity>, object>;

const ViewerIdentity = builder.enumType("ViewerIdentity", {
  description: "How a caller sees people.",
  values: IDENTITY_VALUES,
});

const ViewerType = builder.objectRef<Viewer>("Viewer").implement({
  description: "The caller and their permissions.",
  fields: (t) => ({
    name: t.string({
      nullable: true,
      description:
        "The name of the token, or the caller's name from the issuer. Null: callers do not authenticate.",
      resolve({ name }, _args, { upstream }) {
        upstream.dependOn(null); // callers of equal rights share kept answers
        return name || null;
      },
    }),
    role: t.expose("role", { type: ViewerRole, description: "The caller's role." }),
    scopes: t.stringList({
      description:
        "What the caller may read, as FORBIDDEN names it in `extensions.scope`: `activity:read`, `spend:read`, `limits:read`, `identity:read`, `keys:read`, `operate`. A team lead holds them within their teams only. Empty for a member, who reads only their own figures.",
      resolve: ({ scopes, teamScopes }) => [...scopes.union(teamScopes)].sort(),
    }),
    identity: t.expose("identity", { type: ViewerIdentity, description: "How the caller sees people." }),
    organizations: t.stringList({
      description:
        "The organizations that this gateway has a key for and the caller may read, by the names that `organization` arguments take; the first is the default, unless the operator has named organizations. `organizations` describes each.",
      resolve: (_viewer, _args, { organizations: { readable } }) =>
        readable.filter(({ hasKey }) => hasKey).map(({ name }) => name),
    }),
  }),
});

builder.queryField("viewer", (t) =>
  t.field({
    requires: ["anybody"],
    type: ViewerType,
    description:
      "The caller and what they may read, for clients that show or hide parts by permission. Without authentication, a caller who reads everything. Makes no upstream request.",
    resolve: (_root, _args, { viewer }) => viewer,
  }),
);

/** True if the caller is a member of the organization whom they see by name: one with a verified address. */
export function isPerson({ viewer }: Context): boolean {
  return viewer.email !== null && viewer.identity === "full";
}

/** Why a caller who may read about others has no `user` of their own. */
export function noPerson({ viewer }: Context): GatewayError {
  const why =
    viewer.name === ""
      ? "Callers of this gateway do not authenticate"
      : viewer.email === null
        ? "Your token does not identify a person: it has no verified address"
        : "You see people by pseudonym or in groups, yourself included";
  return badInput(
    `${why}, so there is no \`user\` without \`id\` or \`email\`; pass one, or query \`viewer\` for what you may read.`,
  );
}

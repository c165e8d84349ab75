import { organizationEndpoint, organizationOf } from "../../src/analytics/join.ts";
import { contextFor, nameOf, organizationNamed } from "../../src/analytics/organizations.ts";
import type { ReadableOrganization } from "../../src/context.ts";
import type { OrganizationKind, Organization as OrganizationShape } from "../../src/domain/organization.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { ORGANIZATION_OF_FIGURES } from "../framework/organization.ts";

interface NamedShape extends OrganizationShape {
  readonly kind: OrganizationKind;
}

const Organization = builder.objectRef<NamedShape>("Organization").implement({
  description: "An organization that this gateway has a key for.",
  fields: (t) => ({
    organizationId: t.exposeString("organizationId", { description: "Its UUID." }),
    name: t.exposeString("name", { description: "Its name." }),
    organization: t.string({
      description: "Its name in this API, as `organization` arguments take it.",
      resolve: ({ kind }, _args, ctx) => nameOf(ctx, kind),
    }),
  }),
});

builder.queryField("organization", (t) =>
  t.field({
    requires: ["anybody"],
    type: Organization,
    nullable: true,
    description:
      "One of the organizations that this gateway has a key for. Errors: BAD_USER_INPUT, NOT_CONFIGURED, UPSTREAM_*.",
    sources: ["ENTERPRISE_ORGANIZATION", "CONSOLE_ORGANIZATION"],
    args: { name: t.arg.string({ description: ORGANIZATION_OF_FIGURES }) },
    context: ({ name }, ctx) => contextFor(ctx, { name, kind: null }),
    requests: ({ args }, ctx) => requestsFor(organizationEndpoint(organizationNamed(ctx, args.name)), [{}]),
    resolve: async (_root, { name }, ctx) => {
      const kind = organizationNamed(ctx, name);
      return { kind, ...(await organizationOf(ctx, kind)) };
    },
  }),
);

const OrganizationKindEnum = builder.enumType("OrganizationKind", {
  description: "Kinds of organization, which have different reports.",
  values: {
    ENTERPRISE: { description: "Claude Enterprise: engagement, members, usage and cost." },
    CONSOLE: { description: "Claude Console: usage and cost of the Claude API, and Claude Code." },
  } satisfies Record<OrganizationKind, object>,
});

const ConfiguredOrganization = builder.objectRef<ReadableOrganization>("ConfiguredOrganization").implement({
  description: "An organization as the operator of this gateway has named it. It takes no upstream request.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name, as `organization` arguments take it." }),
    kind: t.expose("kind", { type: OrganizationKindEnum, description: "Its kind." }),
    hasKey: t.exposeBoolean("hasKey", {
      description: "True if the gateway has a key of it. Without one its fields are NOT_CONFIGURED.",
    }),
    isParent: t.exposeBoolean("isParent", {
      description:
        "True if it is a parent organization: its newer reports can be split by ORGANIZATION, the child of the usage. They leave out children with HIPAA readiness without saying so, so that its total can be less than the sum of its children's.",
    }),
    parent: t.string({
      nullable: true,
      description: "Name of its parent organization. Null: the operator states none, or you may not read it.",
      resolve: ({ parent }, _args, { organizations: { readable } }) =>
        readable.find((each) => each.name === parent)?.name ?? null,
    }),
    joinedWith: t.string({
      nullable: true,
      description:
        "Name of the organization with the same people, which answers join by address. Null: none, or you may not read it.",
      resolve: ({ name, tenant }, _args, { organizations: { readable } }) =>
        readable.find((each) => each.tenant === tenant && each.name !== name)?.name ?? null,
    }),
  }),
});

builder.queryField("organizations", (t) =>
  t.field({
    requires: ["anybody"],
    type: [ConfiguredOrganization],
    description: "The organizations that you may read, in the operator's order. Makes no upstream request.",
    resolve: (_root, _args, { organizations }) => [...organizations.readable],
  }),
);

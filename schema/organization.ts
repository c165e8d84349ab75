import { organizationEndpoint, organizationOf, organizationsOf } from "../src/analytics/join.ts";
import type { Context } from "../src/context.ts";
import type { OrganizationKind, Organization as OrganizationShape } from "../src/domain/organization.ts";
import { walksOf } from "../src/upstream/plan.ts";
import { builder } from "./builder.ts";
import { walks } from "./walks.ts";

const Organization = builder.objectRef<OrganizationShape>("Organization").implement({
  description: "An organization this gateway has a key of.",
  fields: (t) => ({
    organizationId: t.exposeString("organizationId", { description: "Its UUID." }),
    name: t.exposeString("name", { description: "Its name." }),
  }),
});

function preferred(ctx: Context): OrganizationKind {
  return organizationsOf(ctx)[0] ?? "ENTERPRISE";
}

builder.queryField("organization", (t) =>
  t.field({
    authScopes: { anybody: true },
    type: Organization,
    nullable: true,
    description:
      "The Enterprise organization, or the Console one where there is no Enterprise key. Sources: ENTERPRISE_ORGANIZATION, CONSOLE_ORGANIZATION. Errors: UPSTREAM_*.",
    extensions: walks((_prospect, ctx) => walksOf(organizationEndpoint(preferred(ctx)), [{}])),
    resolve: (_root, _args, ctx) => organizationOf(ctx, preferred(ctx)),
  }),
);

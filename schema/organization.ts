import { organizationOf, organizationsOf } from "../src/analytics/join.ts";
import type { Organization as OrganizationShape } from "../src/domain/organization.ts";
import { builder } from "./builder.ts";

const Organization = builder.objectRef<OrganizationShape>("Organization").implement({
  description: "An organization this gateway has a key of.",
  fields: (t) => ({
    organizationId: t.exposeString("organizationId", { description: "Its UUID." }),
    name: t.exposeString("name", { description: "Its name." }),
  }),
});

builder.queryField("organization", (t) =>
  t.field({
    type: Organization,
    nullable: true,
    description:
      "The Enterprise organization, or the Console one where there is no Enterprise key. Sources: ENTERPRISE_ORGANIZATION, CONSOLE_ORGANIZATION. Errors: UPSTREAM_*.",
    resolve: (_root, _args, ctx) => organizationOf(ctx, organizationsOf(ctx)[0] ?? "ENTERPRISE"),
  }),
);

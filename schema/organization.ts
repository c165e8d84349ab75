import { organizationsOf } from "../src/analytics/join.ts";
import type { Context } from "../src/context.ts";
import type { Organization as OrganizationShape } from "../src/domain/organization.ts";
import { GatewayError } from "../src/errors.ts";
import { consoleOrganization, enterpriseOrganization } from "../src/upstream/endpoints/organization.ts";
import { walksOf } from "../src/upstream/plan.ts";
import { walkOf, whole } from "../src/upstream/walk.ts";
import { builder } from "./builder.ts";
import { walks } from "./walks.ts";

const Organization = builder.objectRef<OrganizationShape>("Organization").implement({
  description: "An organization this gateway has a key of.",
  fields: (t) => ({
    organizationId: t.exposeString("organizationId", { description: "Its UUID." }),
    name: t.exposeString("name", { description: "Its name." }),
  }),
});

function endpointFor(ctx: Context) {
  return organizationsOf(ctx)[0] === "CONSOLE" ? consoleOrganization : enterpriseOrganization;
}

builder.queryField("organization", (t) =>
  t.field({
    type: Organization,
    nullable: true,
    description:
      "The Enterprise organization, or the Console one where there is no Enterprise key. Sources: ENTERPRISE_ORGANIZATION, CONSOLE_ORGANIZATION. Errors: UPSTREAM_*.",
    extensions: walks((_prospect, ctx) => walksOf(endpointFor(ctx), [{}])),
    resolve: async (_root, _args, ctx) => {
      const endpoint = endpointFor(ctx);
      const [organization] = (await whole(walkOf(ctx.upstream, endpoint, [{}]))).rows;
      if (organization === undefined)
        throw new GatewayError("NOT_FOUND", "The upstream named no organization.", {
          dataset: endpoint.dataset,
        });
      return organization;
    },
  }),
);

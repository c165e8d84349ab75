import { organizationEndpoint, organizationOf } from "../../src/analytics/join.ts";
import { organizationNamed } from "../../src/analytics/organizations.ts";
import {
  type OrganizationKind,
  type Organization as OrganizationShape,
  organizationName,
} from "../../src/domain/organization.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { ORGANIZATION_OF_FIGURES } from "../money/report-args.ts";

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
      resolve: ({ kind }) => organizationName(kind),
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
    requests: ({ args }, ctx) => requestsFor(organizationEndpoint(organizationNamed(ctx, args.name)), [{}]),
    resolve: async (_root, { name }, ctx) => {
      const kind = organizationNamed(ctx, name);
      return { kind, ...(await organizationOf(ctx, kind)) };
    },
  }),
);

import { isParent, LEFT_OUT_OF_PARENT } from "../../src/analytics/children.ts";
import { isInTenant, nameOf, organizationOfKey } from "../../src/analytics/organizations.ts";
import { DATASETS } from "../../src/domain/dataset.ts";
import { fieldsShowing } from "../../src/planning/sources.ts";
import { DATASET_ENDPOINTS, type DatasetEndpoint } from "../../src/upstream/dataset-endpoints.ts";
import { builder } from "../framework/builder.ts";
import { DatasetEnum } from "../framework/freshness.ts";
import { ofOrganization, tenantArg } from "../framework/organization.ts";

/** A dataset. Other files add its access, its days, and what it can be split by and filtered on. */
export const DatasetInfo = builder.objectRef<DatasetEndpoint>("DatasetInfo").implement({
  description:
    "Queries that one dataset supports, and whether this gateway has access. Fields that take a request say so; one request answers for all datasets under the same right of a key, and is valid for an hour.",
  fields: (t) => ({
    dataset: t.expose("dataset", { type: DatasetEnum, description: "The dataset." }),
    description: t.string({
      description: "Content of the dataset.",
      resolve: ({ dataset }) => DATASETS[dataset].is,
    }),
    notIncluded: t.string({
      description: "Figures that a reader may expect in it but that it lacks.",
      resolve: ({ dataset, key, report }, _args, ctx) => {
        const isOfChildren =
          report?.ofParent !== undefined && isParent({ ctx, kind: organizationOfKey(key) });
        return `${DATASETS[dataset].lacks}${isOfChildren ? ` ${LEFT_OUT_OF_PARENT}` : ""}`;
      },
    }),
    organization: t.string({
      description:
        "Organization of its figures, and of the key it needs, by the name that `organization` arguments take.",
      resolve: ({ key }, _args, ctx) => nameOf(ctx, organizationOfKey(key)),
    }),
    fields: t.stringList({
      description: "The fields that show it, such as `Query.users`.",
      resolve: ({ dataset }, _args, _ctx, { schema }) => [...fieldsShowing(schema, dataset)],
    }),
  }),
});

builder.queryField("datasets", (t) =>
  t.field({
    requires: ["activity:read", "operate"],
    type: [DatasetInfo],
    nullable: true, // without an organization where several can be meant, it voids nothing else
    description:
      "Every dataset behind this API: whether it is enabled and why not, its days, dimensions and limits, and what it lacks; enough to build a form of valid queries. At most eight upstream requests per hour, none without `enabled`, `reason`, `explanation`, `latest` or `products`. Errors: BAD_USER_INPUT where several organizations can be meant.",
    args: tenantArg,
    ...ofOrganization,
    resolve: (_root, _args, ctx) =>
      Object.values(DATASET_ENDPOINTS).filter(({ key }) => isInTenant(ctx, organizationOfKey(key))),
  }),
);

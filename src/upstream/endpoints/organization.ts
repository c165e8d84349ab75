import type { OrganizationInfo } from "@anthropic-ai/sdk/resources/organization/organization";
import type { Organization } from "../../domain/organization.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { FRESH } from "./coverage.ts";

const me = {
  path: "/v1/organizations/me",
  isOfBothKinds: true,
  paging: "object",
  query: (_: Record<never, never>) => ({}),
  rangeOf: () => null,
  coverage: null,
  subject: "live",
  freshSeconds: FRESH.lookups,
  rowId: ({ organizationId }: Organization) => organizationId,
  row: (w: Wire<OrganizationInfo>): Organization => ({
    organizationId: w.string("id"),
    name: w.string("name"),
  }),
} as const;

/** The organization a key belongs to. */
export const enterpriseOrganization = endpoint({
  ...me,
  dataset: "ENTERPRISE_ORGANIZATION",
  key: "analytics",
});
export const consoleOrganization = endpoint({ ...me, dataset: "CONSOLE_ORGANIZATION", key: "admin" });

import { type Endpoint, Refusal } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import type { OrganizationKind } from "../organization/directory.ts";

/** True if the organizations are enrolled in the beta of `/analytics/usage` and `/analytics/cost`. */
export type Enrolment = "on" | "off";

/** Who may read the unified reports. */
export interface UnifiedAccess {
  /** Enrolled by default. */
  readonly unified?: Enrolment;
  /** The organizations with HIPAA readiness, which are refused the reports; none by default. */
  readonly hipaa?: readonly OrganizationKind[];
  /** The children of a parent organization: its reports are those of their usage. None by default. */
  readonly children?: readonly Child[];
}

/** A child of a parent organization. */
export interface Child {
  readonly ledger: Ledger;
  /** It has HIPAA readiness, so that the reports of its parent leave it out. */
  readonly hipaa: boolean;
}

/** Returns a unified report as the organizations meet it. */
export function reportFor<Row>(
  endpoint: Endpoint<Row>,
  { unified, hipaa = [] }: UnifiedAccess,
): Endpoint<Row> | Endpoint {
  return unified === "off" ? notEnrolled(endpoint) : withoutHipaa(endpoint, hipaa);
}

/** A report in beta as an organization meets it that is not enrolled: whatever is asked of it is a 400. */
function notEnrolled<Row>(endpoint: Endpoint<Row>): Endpoint {
  return {
    ...endpoint,
    parameters: {},
    paging: { style: "object" },
    answer() {
      throw new Refusal(
        400,
        "This organization is not enrolled in the beta of this report",
        "organization_not_enrolled_in_beta",
      );
    },
  };
}

/** No code is known for this 400. */
function withoutHipaa<Row>(endpoint: Endpoint<Row>, kinds: readonly OrganizationKind[]): Endpoint<Row> {
  return {
    ...endpoint,
    answer(request) {
      if (kinds.includes(request.key === "enterprise" ? "enterprise" : "console"))
        throw new Refusal(400, "This report is not offered to organizations with HIPAA readiness");
      return endpoint.answer(request);
    },
  };
}

import { type Endpoint, Refusal } from "../endpoint.ts";

/** True if the organizations are enrolled in the beta of `/analytics/usage` and `/analytics/cost`. */
export type Enrolment = "on" | "off";

/** A report in beta as an organization meets it that is not enrolled: whatever is asked of it is a 400. */
export function notEnrolled<Row>(endpoint: Endpoint<Row>): Endpoint {
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

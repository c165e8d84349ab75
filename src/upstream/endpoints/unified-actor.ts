import type {
  BetaAnalyticsActor,
  BetaAnalyticsReportUserActor,
} from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import type { ReportActor } from "../../domain/bucket.ts";
import type { Wire } from "../http/wire.ts";

/** Every variant at once: the type says which of the fields are there. */
export type AnyActor = { type: BetaAnalyticsActor["type"] } & Omit<BetaAnalyticsReportUserActor, "type"> & {
    service_account_id: string;
    api_key_id: string;
    subject: string | null;
    provider: AnyProvider;
  };

interface AnyProvider {
  type: string;
  account_id: string;
  project_number: string;
  subscription_id: string;
  issuer: string | null;
}

export function actor(w: Wire<AnyActor>): ReportActor {
  const type: string = w.string("type");
  switch (type) {
    case "user_actor":
      return {
        kind: "person",
        user: {
          userId: w.string("user_id"),
          email: w.stringOrNull("email_address"),
          name: w.stringOrNull("name"),
          deleted: w.boolean("deleted"),
        },
      };
    case "service_account_actor":
      return { kind: "serviceAccount", serviceAccountId: w.string("service_account_id") };
    case "api_actor":
      return { kind: "key", apiKeyId: w.string("api_key_id") };
    case "federated_actor":
      return { kind: "federated", ...provider(w.at("provider")), subject: w.stringOrNull("subject") };
    default:
      return { kind: "unknown", type };
  }
}

function provider(w: Wire<AnyProvider>): { provider: string; account: string | null } {
  const account =
    w.stringOrNull("account_id") ??
    w.stringOrNull("project_number") ??
    w.stringOrNull("subscription_id") ??
    w.stringOrNull("issuer");
  return { provider: w.string("type"), account };
}

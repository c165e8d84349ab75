import { hash, uuid } from "../random.ts";

/** Who is behind Console usage that came with neither an account nor a service account. */
export type Identity =
  | { readonly kind: "federated"; readonly provider: Provider; readonly subject: string | null }
  /** An identity that no reader of a report learns. */
  | { readonly kind: "hidden" };

/** As on the wire. */
type Provider =
  | { readonly type: "aws"; readonly account_id: string; readonly signed_principal: string }
  | { readonly type: "azure"; readonly subscription_id: string }
  | { readonly type: "gcp"; readonly project_number: string }
  | { readonly type: "oidc"; readonly issuer: string | null };

const STREAM = 58;

export function createIdentities(seed: number): readonly Identity[] {
  const digits = (what: number) => String(hash(seed, STREAM, what)).padStart(12, "4");
  const account = digits(0);
  const role = `arn:aws:iam::${account}:role/inference`;
  const signed = `arn:aws:sts::${account}:assumed-role/inference/nightly`;
  return [
    {
      kind: "federated",
      provider: { type: "aws", account_id: account, signed_principal: signed },
      subject: role,
    },
    {
      kind: "federated",
      provider: { type: "gcp", project_number: digits(1) },
      subject: "inference@ternplover-data.iam.example",
    },
    { kind: "hidden" },
    {
      kind: "federated",
      provider: { type: "azure", subscription_id: uuid(seed, STREAM, 2) },
      subject: null,
    },
    {
      kind: "federated",
      provider: { type: "oidc", issuer: "https://ci.ternplover.example" },
      subject: "repo:ternplover/forecast:ref:main",
    },
    { kind: "hidden" },
    {
      kind: "federated",
      provider: { type: "oidc", issuer: null },
      subject: "spiffe://ternplover.example/ingest",
    },
    { kind: "hidden" },
  ];
}

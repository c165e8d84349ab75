import { expect, test } from "vitest";
import { endpoint } from "../../src/upstream/endpoint.ts";

const definition = {
  dataset: "WORKSPACES",
  key: "admin",
  path: "/v1/organizations/workspaces",
  paging: "id",
  query: () => ({}),
  rangeOf: () => null,
  coverage: null,
  subject: "live",
  freshSeconds: 60,
  rowId: () => null,
} as const;

test("an endpoint with the id or the address of a person in its rows does not compile without pseudonyms", () => {
  const endpoints = [
    // @ts-expect-error: an id
    endpoint({ ...definition, row: () => ({ userId: "user_one" }) }),
    // @ts-expect-error: an address, which can be missing
    endpoint({ ...definition, row: (): { readonly email?: string | null } => ({}) }),
    // @ts-expect-error: an id in a list of a list
    endpoint({ ...definition, row: () => ({ buckets: [{ rows: [{ ownerUserId: "user_one" }] }] }) }),
    // @ts-expect-error: an address of one kind of actor
    endpoint({ ...definition, row: (): { readonly actor: Actor | null } => ({ actor: null }) }),
    endpoint({ ...definition, row: () => ({ userId: "user_one" }), pseudonymous: () => [] }),
    endpoint({ ...definition, row: () => ({ name: "skill", users: 3 }) }),
  ];
  expect(endpoints).toHaveLength(6);
});

type Actor =
  | { readonly kind: "user"; readonly email: string }
  | { readonly kind: "key"; readonly name: string };

import { gateway } from "./gateway.ts";

/** Documents that find a person by the caller, who is not known in most tests, or by an address. */
export const OWN: ReadonlySet<string> = new Set(["48-my-figures.graphql", "53-my-spend-limits.graphql"]);

/** Variables that a document of the query library needs in a simulated organization of 60 members. */
export async function variablesFor(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!OWN.has(file)) return {};
  const { data } = await gateway({ sandbox: { users: 60 } }).ask(
    "{ users(range: { last: { days: 7 } }, first: 1) { nodes { email } } }",
  );
  return { email: data.users.nodes[0].email };
}

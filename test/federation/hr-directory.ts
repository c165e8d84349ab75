import { buildSchema, type GraphQLSchema } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";

export interface Employee {
  readonly email: string;
  readonly department: string;
}

/** The HR directory as a subgraph. It knows people by address alone. */
export const HR_TYPES = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Query {
  employees: [User!]!
}

type User @key(fields: "email") {
  email: String!
  department: String!
}
`;

/** Serves the HR directory, and counts the requests for its entities. */
export function hrDirectory(employees: readonly Employee[]) {
  const schema: GraphQLSchema = buildSchema(`
    scalar _Any
    union _Entity = User
    type User { email: String! department: String! }
    type Query { employees: [User!]! _entities(representations: [_Any!]!): [_Entity]! }
  `);
  const batches: number[] = [];
  const users = employees.map((employee) => ({ __typename: "User", ...employee }));
  const resolvers = {
    employees: users,
    _entities: ({ representations }: { readonly representations: readonly { readonly email: string }[] }) => {
      batches.push(representations.length);
      return representations.map(({ email }) => users.find((user) => user.email === email) ?? null);
    },
  };
  const plugin: Plugin = {
    onExecute({ args }) {
      args.rootValue = resolvers;
    },
  };
  return { yoga: createYoga({ schema, plugins: [plugin], logging: false }), batches };
}

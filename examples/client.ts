// Prints what each person cost in the last week: node examples/client.ts http://127.0.0.1:4000/graphql
import { createClient, GatewayError, PeopleThisWeekDocument, rowsOf } from "claude-analytics-gateway/client";

const [url = "http://127.0.0.1:4000/graphql"] = process.argv.slice(2);
const client = createClient({ url, ...(process.env.TOKEN ? { token: process.env.TOKEN } : {}) });
try {
  const people = rowsOf(client, PeopleThisWeekDocument, { first: 100 }, ({ users }) => users);
  for await (const { email, cost } of people) console.log(email ?? "(deleted)", cost?.net.usd ?? "no spend");
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}

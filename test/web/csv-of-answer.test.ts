import { expect, test } from "vitest";
import { csvOfAnswer } from "../../src/web/client/csv-of-answer.ts";

test("the rows of a list have a column for each value, by the names of the answer", () => {
  const data = {
    cost: {
      nodes: [
        { model: "opus, 4", net: { usd: "-1.50" }, requests: 3 },
        { model: null, net: null, requests: 0 },
      ],
      pageInfo: { hasNextPage: false },
    },
  };
  expect(csvOfAnswer(data, "cost.nodes")).toBe('model,net_usd,requests\n"opus, 4",-1.50,3\n,,0\n');
});

test("the rows of a list within rows begin with those that they are in", () => {
  const data = {
    connectors: {
      nodes: [
        { name: "drive", users: 5, byGroup: [{ groupName: "=1+1", users: 4 }] },
        { name: "mail", users: 2, byGroup: [] },
      ],
    },
  };
  expect(csvOfAnswer(data, "connectors.nodes.byGroup")).toBe(
    "name,users,byGroup_groupName,byGroup_users\ndrive,5,'=1+1,4\n",
  );
});

test("an object is one row, and an answer without rows has no file", () => {
  expect(csvOfAnswer({ user: { cost: { net: { usd: "2" } } } }, "user.cost")).toBe("net_usd\n2\n");
  expect(csvOfAnswer({ user: null }, "user.cost")).toBeNull();
  expect(csvOfAnswer({ activity: [] }, "activity")).toBeNull();
});

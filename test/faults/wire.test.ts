import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import type { Answer } from "../gateway.ts";
import { tokenPage, wireUser } from "../wire.ts";
import { expectError, expectGood, expectOthersAnswered, GOOD_PAGE, LEAK, PEOPLE } from "./faults.ts";
import { answer, type Listener, overSocket } from "./socket.ts";

const BODY = JSON.stringify(GOOD_PAGE);
const JSON_TYPE = { "content-type": "application/json" };

const FAULTS: [string, ErrorCode, Listener][] = [
  ["a reset before the headers", "UPSTREAM_UNAVAILABLE", (response) => response.socket?.resetAndDestroy()],
  ["a connection closed before the headers", "UPSTREAM_UNAVAILABLE", (response) => response.socket?.end()],
  [
    "half a body, then a reset",
    "UPSTREAM_UNAVAILABLE",
    (response) => {
      response.writeHead(200, { ...JSON_TYPE, "content-length": String(BODY.length) });
      response.write(BODY.slice(0, 100), () => response.socket?.resetAndDestroy());
    },
  ],
  [
    "half a body of chunks, then the end of the connection",
    "UPSTREAM_UNAVAILABLE",
    (response) => {
      response.writeHead(200, JSON_TYPE);
      response.write(BODY.slice(0, 100), () => response.socket?.end());
    },
  ],
  [
    "half a body that says it is whole",
    "UPSTREAM_SHAPE",
    (response) => response.writeHead(200, JSON_TYPE).end(BODY.slice(0, 100)),
  ],
  ["no HTTP at all", "UPSTREAM_UNAVAILABLE", (response) => response.socket?.end(`${LEAK}\r\n\r\n`)],
  [
    "headers without end",
    "UPSTREAM_UNAVAILABLE",
    (response) => response.socket?.end(`HTTP/1.1 200 OK\r\n${"x-pad: y\r\n".repeat(20_000)}`),
  ],
  [
    "bytes that are no UTF-8",
    "UPSTREAM_SHAPE",
    (response) =>
      response.writeHead(200, JSON_TYPE).end(Buffer.from(BODY.replace("user_a", "\xff\xfe"), "latin1")),
  ],
  [
    "a body of another encoding",
    "UPSTREAM_SHAPE",
    (response) => response.writeHead(200, JSON_TYPE).end(Buffer.from(BODY, "utf16le")),
  ],
];

describe("faults of the connection", () => {
  test.each(FAULTS)(
    "%s that lasts is %s after three attempts, and good right after",
    async (_what, code, fault) => {
      await using gate = await overSocket((response, attempt, request) =>
        attempt <= 3 ? fault(response, attempt, request) : answer(response),
      );
      const failed = await gate.ask(PEOPLE);
      expectError(failed, code);
      expectOthersAnswered(failed);
      expect(gate.requests).toHaveLength(3);
      expectGood(await gate.ask(PEOPLE));
    },
  );

  test.each(FAULTS)("%s that passes is survived", async (_what, _code, fault) => {
    await using gate = await overSocket((response, attempt, request) =>
      attempt === 1 ? fault(response, attempt, request) : answer(response),
    );
    expectGood(await gate.ask(PEOPLE));
    expect(gate.requests).toHaveLength(2);
  });

  test("a closed port is UPSTREAM_UNAVAILABLE, for every field that needs it", async () => {
    await using closed = await overSocket(answer);
    await closed[Symbol.asyncDispose]();
    const { errors } = await closed.ask(PEOPLE);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([
      "UPSTREAM_UNAVAILABLE",
      "UPSTREAM_UNAVAILABLE",
    ]);
  });
});

describe("at the second of three pages", () => {
  /** Three people on three pages; the second page fails so many times. */
  const failing =
    (fault: Listener, times: number): Listener =>
    (response, attempt, request) => {
      const page = Number(new URL(request.url ?? "", "http://upstream.test").searchParams.get("page") ?? 1);
      if (page === 2 && attempt <= 1 + times) fault(response, attempt, request);
      else answer(response, tokenPage([wireUser(`user_${page}`)], page === 3 ? null : `${page + 1}`));
    };
  const ids = (data: Answer["data"]) => data.users.nodes.map(({ userId }: { userId: string }) => userId);

  const HANG: [string, ErrorCode, Listener] = [
    "a hang inside the body",
    "UPSTREAM_UNAVAILABLE",
    (response) => void response.writeHead(200, JSON_TYPE).write(BODY.slice(0, 100)),
  ];

  test.each([...FAULTS, HANG])("%s that passes: every row once", async (_what, _code, fault) => {
    await using gate = await overSocket(failing(fault, 2), { UPSTREAM_TIMEOUT: "1" });
    const { data, errors } = await gate.ask(PEOPLE);
    expect(errors).toBeUndefined();
    expect(ids(data)).toEqual(["user_1", "user_2", "user_3"]);
    expect(gate.requests).toHaveLength(5);
  });

  test.each([...FAULTS, HANG])(
    "%s that lasts: %s, no short list, and whole right after",
    async (_what, code, fault) => {
      await using gate = await overSocket(failing(fault, 3), { UPSTREAM_TIMEOUT: "1" });
      const failed = await gate.ask(PEOPLE);
      expectError(failed, code);
      expect(failed.data.users).toBeNull();
      expectOthersAnswered(failed);
      expect(gate.requests).toHaveLength(4);
      expect(ids((await gate.ask(PEOPLE)).data)).toEqual(["user_1", "user_2", "user_3"]);
      expect(gate.requests).toHaveLength(6); // the first page is kept
    },
  );
});

test("a redirect is UPSTREAM_UNAVAILABLE: one request, and none to where it points", async () => {
  const elsewhere: unknown[] = [];
  const other = createServer((request, response) => {
    elsewhere.push(request.headers);
    answer(response);
  }).listen(0, "127.0.0.1");
  try {
    await using gate = await overSocket((response) => {
      const address = other.address();
      const port = typeof address === "object" ? address?.port : "";
      response.writeHead(307, { location: `http://127.0.0.1:${port}/${LEAK.slice(0, 6)}` }).end();
    });
    const redirected = await gate.ask(PEOPLE);
    expectError(redirected, "UPSTREAM_UNAVAILABLE");
    expectOthersAnswered(redirected);
    expect([gate.requests.length, elsewhere]).toEqual([1, []]);
  } finally {
    other.close();
  }
});

describe.concurrent("an upstream that hangs", { tags: "deep" }, () => {
  const HANGS: [string, Listener][] = [
    ["before the headers", () => {}],
    ["inside the body", (response) => void response.writeHead(200, JSON_TYPE).write(BODY.slice(0, 100))],
    [
      "by one byte at a time",
      (response) => {
        response.writeHead(200, JSON_TYPE);
        const drip = setInterval(() => response.write(" "), 50);
        response.on("close", () => clearInterval(drip));
      },
    ],
  ];

  test.each(HANGS)(
    "%s is UPSTREAM_UNAVAILABLE after three attempts of UPSTREAM_TIMEOUT",
    async (_where, hang) => {
      await using gate = await overSocket(hang, { UPSTREAM_TIMEOUT: "1", OPERATION_TIMEOUT: "20" });
      const hung = await gate.ask(PEOPLE);
      expect(expectError(hung, "UPSTREAM_UNAVAILABLE").message).toContain("did not answer in time");
      expectOthersAnswered(hung);
      expect(gate.requests).toHaveLength(3);
    },
  );

  test.each(HANGS)("%s for once is survived", async (_where, hang) => {
    await using gate = await overSocket(
      (response, attempt, request) => (attempt === 1 ? hang(response, attempt, request) : answer(response)),
      { UPSTREAM_TIMEOUT: "1" },
    );
    expectGood(await gate.ask(PEOPLE));
    expect(gate.requests).toHaveLength(2);
  });

  test.each(HANGS)(
    "%s past the operation's time is OPERATION_TIMEOUT, and good right after",
    async (_where, hang) => {
      await using gate = await overSocket(
        (response, attempt, request) => (attempt === 1 ? hang(response, attempt, request) : answer(response)),
        // Far apart, so that only the operation's time can be what is over, and long enough for the answer after it.
        { UPSTREAM_TIMEOUT: "60", OPERATION_TIMEOUT: "4" },
      );
      const hung = await gate.ask(PEOPLE);
      expect(expectError(hung, "OPERATION_TIMEOUT").message).toContain("shorter range");
      expectOthersAnswered(hung);
      expectGood(await gate.ask(PEOPLE));
    },
  );
});

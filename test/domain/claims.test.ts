import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClaimNames, claimIn, emailIn, nameIn, roleIn, scopesIn } from "../../src/domain/claims.ts";
import { ROLES, type Role } from "../../src/domain/viewer.ts";

const NAMES: ClaimNames = {
  nameClaims: ["sub"],
  roleClaims: ["role"],
  roleMap: null,
  scopeClaims: ["scope", "scp", "permissions"],
  emailClaim: "email",
  organizationsClaim: null,
  teamsClaim: null,
  vouchesForEmail: false,
};

describe("a claim", () => {
  test.each<[string, unknown, unknown]>([
    ["roles", { roles: 1 }, 1],
    ["realm_access.roles", { realm_access: { roles: 1 } }, 1],
    ["realm_access.roles", { "realm_access.roles": 1, realm_access: { roles: 2 } }, 1],
    ["https://corp.example/roles", { "https://corp.example/roles": 1 }, 1],
    ["https://corp.example/app.roles", { "https://corp.example/app": { roles: 1 } }, 1],
    ["resource_access.my.client.roles", { resource_access: { "my.client": { roles: 1 } } }, 1],
    ["a.b.c", { "a.b": { d: 1 }, a: { "b.c": 2 } }, 2],
    ["a.b", { a: null }, undefined],
    ["a.0", { a: [1] }, undefined],
    ["a.length", { a: "text" }, undefined],
    ["toString", {}, undefined],
    ["a.constructor.name", { a: {} }, undefined],
    ["__proto__.x", {}, undefined],
    ["a.", { a: { "": 1 } }, 1],
    [".", {}, undefined],
  ])("is found by its name first, and by the path to it: %s in %j", (name, claims, expected) => {
    expect(claimIn(claims as Record<string, unknown>, name)).toBe(expected);
  });

  test("is found at the end of every path that leads to it", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "b", "."), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (path) => {
        const claims = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), "found");
        expect(claimIn(claims as Record<string, unknown>, path.join("."))).toBe("found");
      }),
    );
  });
});

describe("the role", () => {
  test("is the highest that is named, in whatever order and however many others there are", () => {
    const roles = Object.keys(ROLES) as Role[];
    const own = fc
      .constantFrom(...roles)
      .chain((role) => fc.constantFrom(role, role.toLowerCase(), role.toLowerCase().replaceAll("_", "-")));
    const other = fc.constantFrom("offline_access", "uma_authorization", "king", "", "__proto__", 5, null);
    fc.assert(
      fc.property(fc.array(fc.oneof(own, other)), (named) => {
        const known = roles.filter((role) =>
          named.some((each) => String(each).toUpperCase().replaceAll("-", "_") === role),
        );
        const expected = known[0] ?? { unknown: named.filter((each) => typeof each === "string").length };
        expect(roleIn({ role: named }, NAMES)).toEqual(expected);
      }),
    );
  });

  test("is of all the claims that are named", () => {
    const names = { ...NAMES, roleClaims: ["groups", "resource_access.gateway.roles", "role"] };
    const claims = {
      groups: ["analyst"],
      resource_access: { gateway: { roles: ["owner"] } },
      role: "member",
    };
    expect(roleIn(claims, names)).toBe("OWNER");
  });

  test("is by the map alone where there is one, to the letter", () => {
    const roleMap = new Map<string, Role>([
      ["Claude Owners", "OWNER"],
      ["urn:corp:readers", "ANALYST"],
    ]);
    const names = { ...NAMES, roleMap };
    expect(roleIn({ role: ["Claude Owners"] }, names)).toBe("OWNER");
    expect(roleIn({ role: ["x", "urn:corp:readers"] }, names)).toBe("ANALYST");
    for (const role of ["owner", "claude owners", "Claude Owners ", "Claude"])
      expect(roleIn({ role }, names)).toEqual({ unknown: 1 });
  });

  test("by an address takes one that is verified", () => {
    const names = {
      ...NAMES,
      roleClaims: ["email", "hd"],
      roleMap: new Map<string, Role>([
        ["ada@corp.example", "OWNER"],
        ["corp.example", "MEMBER"],
      ]),
    };
    const claims = { email: "Ada@Corp.example", hd: "corp.example" };
    expect(roleIn({ ...claims, email_verified: true }, names)).toBe("OWNER");
    expect(roleIn(claims, names)).toBe("MEMBER");
  });
});

test.each<[object, readonly string[]]>([
  [{ scope: "openid activity:read  spend:read" }, ["activity:read", "spend:read"]],
  [{ scp: ["activity:read", "profile"] }, ["activity:read"]],
  [{ scp: "activity:read operate" }, ["activity:read", "operate"]],
  [{ permissions: ["spend:read"], scope: "openid profile" }, ["spend:read"]],
  [{ scope: ["keys:read"], scp: 5, permissions: { a: "spend:read" } }, ["keys:read"]],
  [{ scopes: "activity:read" }, []],
  [{}, []],
])("the scopes of %j are %j", (claims, scopes) => {
  expect(scopesIn({ ...claims }, NAMES)).toEqual(scopes);
});

describe("the address", () => {
  test.each<[boolean, unknown, boolean]>([
    [false, true, true],
    [false, "true", true],
    [false, undefined, false],
    [false, false, false],
    [false, "false", false],
    [false, 1, false],
    [true, undefined, true],
    [true, true, true],
    [true, false, false],
    [true, "false", false],
  ])("counts where the issuer vouches (%j) or says so (%j): %j", (vouchesForEmail, verified, counts) => {
    const claims = { email: "a@x.example", ...(verified !== undefined && { email_verified: verified }) };
    expect(emailIn(claims, { ...NAMES, vouchesForEmail })).toBe(counts ? "a@x.example" : null);
  });

  test("is in the claim that is named, and verified by the one beside it", () => {
    const emailClaim = "https://corp.example/email";
    const claims = { email: "b@x.example", email_verified: true, [emailClaim]: "a@x.example" };
    expect(emailIn(claims, { ...NAMES, emailClaim })).toBeNull();
    expect(emailIn({ ...claims, [`${emailClaim}_verified`]: true }, { ...NAMES, emailClaim })).toBe(
      "a@x.example",
    );
    expect(emailIn({ ...claims, [emailClaim]: ["a@x.example"] }, { ...NAMES, emailClaim })).toBeNull();
  });
});

test("the name is the first claim that is text", () => {
  const names = { ...NAMES, nameClaims: ["sub", "common_name"] };
  expect(nameIn({ sub: "", common_name: "robot.access" }, names)).toBe("robot.access");
  expect(nameIn({ sub: 5 }, names)).toBeNull();
});

/** A page loads nothing but what these directives allow, and other sites cannot frame it. */
const CLOSED = {
  "default-src": "'none'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};

/** The headers of a page: a browser keeps it and validates it at each visit. `allowed` adds directives to its content security policy. */
export function pageFields(allowed: Readonly<Record<string, string>>): readonly string[] {
  const directives = Object.entries({ ...CLOSED, ...allowed }).map((each) => each.join(" "));
  return [
    ...["cache-control", "no-cache"],
    ...["content-security-policy", directives.join("; ")],
    ...["vary", "accept, accept-encoding"], // the same URL answers other clients in JSON
  ];
}

import type { Config } from "../../config.ts";
import type { Instant } from "../../domain/day.ts";
import { Outage } from "../../errors.ts";
import { dispatcherTo } from "../../proxies.ts";
import { fetchKeys } from "../../server/auth/issuer-keys.ts";
import { failureReason } from "../../server/auth/issuer-response.ts";
import { SignInIssuer } from "../../server/sign-in/issuer.ts";
import { hintOf } from "../../upstream/http/connection-hints.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** Reads the keys of the issuer, and its discovery document where people sign in on the pages: one request each. */
export async function checkIssuer(config: Config, now: () => Instant): Promise<readonly Finding[]> {
  const { auth } = config.access;
  if (auth.kind === "none") return config.sandbox === null ? [NO_AUTHENTICATION] : [];
  if (auth.kind === "tokens") return [];
  return [await keysOf(config, auth.jwksUrl), ...(await signInOf(config, now))];
}

const NO_AUTHENTICATION = warning(
  "settings",
  "NO_AUTHENTICATION",
  "AUTH is none: every program of this machine reads everything.",
  "Set AUTH to tokens or jwt before other machines reach the gateway.",
);

async function keysOf({ upstream: { proxies } }: Config, url: URL): Promise<Finding> {
  const dispatcher = dispatcherTo(url, proxies);
  try {
    const { keys } = await fetchKeys(url, dispatcher);
    return keys.length > 0
      ? ok("issuer", "The issuer's keys can be read from JWT_JWKS_URL.")
      : problem(
          "issuer",
          "ISSUER_AWAY",
          "JWT_JWKS_URL answers with an empty set of keys, so no caller can authenticate.",
          "Set it to the jwks_uri of the issuer's discovery document.",
        );
  } catch (fault) {
    return away("issuer", "JWT_JWKS_URL", failureReason(fault), "no caller can authenticate");
  } finally {
    await dispatcher.close();
  }
}

async function signInOf({ access: { auth }, upstream: { proxies } }: Config, now: () => Instant) {
  if (auth.kind !== "jwt" || auth.signIn === null) return [];
  const config = auth.signIn;
  const faults: unknown[] = [];
  const dispatcher = dispatcherTo(config.issuer, proxies);
  const issuer = new SignInIssuer({
    config,
    dispatcher,
    now,
    elapsedMs: () => performance.now(),
    onFault: (fault) => void faults.push(fault),
    onRecovery() {},
  });
  await issuer.discover();
  await dispatcher.close();
  const [fault] = faults;
  if (fault === undefined) return [ok("sign-in", "The issuer's discovery document can be read.")];
  const code = fault instanceof Outage ? fault.code : "unknown";
  return [away("sign-in", "OIDC_ISSUER", code, "no person can sign in on the pages")];
}

function away(check: "issuer" | "sign-in", setting: string, code: string, consequence: string): Finding {
  const hint = hintOf(code);
  return problem(
    check,
    "ISSUER_AWAY",
    `The issuer of ${setting} gives no usable answer (${code}${hint === null ? "" : `: ${hint}`}), so ${consequence}.`,
    `Correct ${setting}, or let this machine reach it; through a proxy with HTTPS_PROXY.`,
  );
}

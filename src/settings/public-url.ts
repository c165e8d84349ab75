import { isSecureUrl } from "./formats.ts";
import { optional, type SettingFormat } from "./setting.ts";

const ORIGIN: SettingFormat<URL> = {
  parse(value) {
    const url = URL.parse(value);
    return isSecureUrl(url) && url.pathname === "/" && url.search === "" && url.hash === "" ? url : null;
  },
  expected:
    "an https origin (http for a loopback address) without a path, such as https://analytics.example.com",
  values: "https origin",
};

export const PUBLIC_URL = optional({
  name: "PUBLIC_URL",
  format: ORIGIN,
  meaning:
    "Origin under which browsers and agents reach the gateway: that of the links in alerts, of the metadata for agents and of the sign-in. Required with `OIDC_CLIENT_ID`.",
  example: "https://analytics.example.com",
});

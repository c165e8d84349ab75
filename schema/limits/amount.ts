import { type MinorAmount, wholeUnits } from "../../src/domain/currency.ts";
import { builder } from "../framework/builder.ts";

export const LimitAmount = builder.objectRef<MinorAmount>("LimitAmount").implement({
  description:
    "An exact amount in the currency that the organization is billed in, which need not be USD. Never compare or add it to `Money` of another currency.",
  fields: (t) => ({
    minorUnits: t.expose("minorUnits", {
      type: "Decimal",
      description:
        "The amount in minor units of `currency`: cents of a dollar, whole yen, thousandths of a Kuwaiti dinar. Limits are whole; spend has up to three decimals.",
    }),
    amount: t.field({
      type: "Decimal",
      description: "The amount in whole units of `currency`, by its digits in ISO 4217.",
      resolve: wholeUnits,
    }),
    currency: t.exposeString("currency", { description: "ISO 4217 code." }),
  }),
});

import {
  type AlertRecord,
  type AlertStore,
  type DeliveryState,
  KEPT_MS,
  LONGEST_WAIT_MS,
  MAX_ALERTS,
} from "./alert-store.ts";
import { alertIn, alertText } from "./alert-text.ts";
import { redisLink } from "./redis-link.ts";
import { PREFIX } from "./redis-store.ts";

/** Braces make a hash tag: all of it is on one node of a cluster, as scripts need. None of it expires, so that a server evicts none of it. */
const KEYS = ["bodies", "order", "deliveries", "due", "counts"].map((part) => `${PREFIX}{alerts} ${part}`);
const NOTES = `${PREFIX}{alerts} notes`;

/** Deliveries of an alert as its hash field holds them. */
type StoredDeliveries = Readonly<
  Record<string, { readonly state: DeliveryState; readonly attempts: number; readonly at: number }>
>;

export interface RedisAlerts extends AlertStore {
  /** Records an alert of a backup with its deliveries as they are there; one that is known stays. */
  restore(record: AlertRecord): ReturnType<AlertStore["record"]>;
}

/** Alerts in Redis or Valkey, for the replicas of a gateway. */
export async function redisAlerts(url: string, maxAlerts = MAX_ALERTS): Promise<RedisAlerts> {
  const link = await redisLink(url, { part: "alerts" });
  const { about, send } = link;
  const run = (script: string, ...words: readonly (string | number)[]) =>
    send(KEYS[0] ?? "", ["EVAL", script, String(KEYS.length), ...KEYS, ...words.map(String)]);
  const texts = async (...asked: Parameters<typeof run>) => ((await run(...asked)) as unknown[]).map(String);
  async function record({ alert, deliveries }: AlertRecord): Promise<"new" | "known" | "full"> {
    const stored = Object.fromEntries(
      deliveries.map(({ target, state, attempts, at }) => [target, { state, attempts, at: at ?? 0 }]),
    ) satisfies StoredDeliveries;
    const said = await run(
      RECORD,
      alert.id,
      alert.recordedAt,
      alertText(alert),
      JSON.stringify(stored),
      maxAlerts,
      KEPT_MS,
    );
    return String(said) as "new" | "known" | "full";
  }

  return {
    about,
    restore: record,
    record: (alert, targets) =>
      record({
        alert,
        deliveries: targets.map((target) => ({ target, state: "PENDING", attempts: 0, at: null })),
      }),
    async lease(now, until, limit) {
      const words = await texts(LEASE, now, until, limit, now + LONGEST_WAIT_MS);
      return Array.from({ length: words.length / 3 }, (_, i) => words.slice(3 * i, 3 * i + 3)).flatMap(
        ([body = "", target = "", attempts]) => {
          const alert = alertIn(body);
          return alert === null ? [] : [{ alert, target, attempts: Number(attempts) }];
        },
      );
    },
    async settle(id, target, outcome) {
      await run(SETTLE, id, target, outcome.state, outcome.at, "nextAt" in outcome ? outcome.nextAt : 0);
    },
    async list(after, limit) {
      const words = await texts(LIST, after?.id ?? "", after?.recordedAt ?? 0, limit);
      return Array.from({ length: words.length / 2 }, (_, i) => words.slice(2 * i, 2 * i + 2)).flatMap(
        ([body = "", text = "{}"]) => {
          const alert = alertIn(body);
          const stored: StoredDeliveries = JSON.parse(text);
          const deliveries = Object.entries(stored)
            .map(([target, { state, attempts, at }]) => ({
              target,
              state,
              attempts,
              at: attempts === 0 ? null : at,
            }))
            .sort((a, b) => (a.target < b.target ? -1 : 1));
          return alert === null ? [] : [{ alert, deliveries }];
        },
      );
    },
    async counts() {
      const words = ((await send(KEYS[4] ?? "", ["HGETALL", KEYS[4] ?? ""])) as unknown[]).map(String);
      return words.flatMap((field, i) => {
        if (i % 2 === 1) return [];
        const [state, ...target] = field.split(" ");
        const count = Number(words[i + 1]);
        return count === 0 ? [] : [{ target: target.join(" "), state: state as DeliveryState, count }];
      });
    },
    async note(name) {
      const text = await send(NOTES, ["HGET", NOTES, name]);
      return text === null ? null : String(text);
    },
    async setNote(name, text) {
      await send(NOTES, ["HSET", NOTES, name, text]);
    },
    dispose: () => link.dispose(),
  };
}

/** A delivery that is due is named by the id of its alert, which has no blank, and its target. */
const RECORD = `
local bodies, order, deliveries, due, counts = unpack(KEYS)
local id, at, body, targets = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call("HEXISTS", bodies, id) == 1 then return "known" end
if redis.call("HLEN", bodies) >= tonumber(ARGV[5]) then
  local old = redis.call("ZRANGEBYSCORE", order, "-inf", "(" .. (at - ARGV[6]), "LIMIT", 0, 1000)
  for _, each in ipairs(old) do
    for target, delivery in pairs(cjson.decode(redis.call("HGET", deliveries, each))) do
      redis.call("ZREM", due, each .. " " .. target)
      redis.call("HINCRBY", counts, delivery.state .. " " .. target, -1)
    end
    redis.call("HDEL", bodies, each)
    redis.call("HDEL", deliveries, each)
    redis.call("ZREM", order, each)
  end
  if redis.call("HLEN", bodies) >= tonumber(ARGV[5]) then return "full" end
end
redis.call("HSET", bodies, id, body)
redis.call("HSET", deliveries, id, targets)
redis.call("ZADD", order, at, id)
for target, delivery in pairs(cjson.decode(targets)) do
  if delivery.state == "PENDING" then redis.call("ZADD", due, at, id .. " " .. target) end
  redis.call("HINCRBY", counts, delivery.state .. " " .. target, 1)
end
return "new"`;

const LEASE = `
local bodies, order, deliveries, due = unpack(KEYS)
local leased = {}
local function take(names)
  for _, name in ipairs(names) do
    local id, target = name:match("^(%S+) (.*)$")
    local delivery = cjson.decode(redis.call("HGET", deliveries, id))[target]
    redis.call("ZADD", due, ARGV[2], name)
    leased[#leased + 1] = redis.call("HGET", bodies, id)
    leased[#leased + 1] = target
    leased[#leased + 1] = tostring(delivery.attempts)
  end
end
take(redis.call("ZRANGEBYSCORE", due, "-inf", ARGV[1], "LIMIT", 0, ARGV[3]))
take(redis.call("ZRANGEBYSCORE", due, "(" .. ARGV[4], "+inf", "LIMIT", 0, ARGV[3] - #leased / 3))
return leased`;

const SETTLE = `
local bodies, order, deliveries, due, counts = unpack(KEYS)
local id, target, state, at, next = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local all = redis.call("HGET", deliveries, id)
if not all then return 0 end
all = cjson.decode(all)
local delivery = all[target]
if not delivery or delivery.state ~= "PENDING" then return 0 end
delivery.attempts = delivery.attempts + 1
delivery.at = tonumber(at)
delivery.state = state
redis.call("HSET", deliveries, id, cjson.encode(all))
if state == "PENDING" then
  redis.call("ZADD", due, next, id .. " " .. target)
else
  redis.call("ZREM", due, id .. " " .. target)
  redis.call("HINCRBY", counts, "PENDING " .. target, -1)
  redis.call("HINCRBY", counts, state .. " " .. target, 1)
end
return 1`;

/** An alert that is no longer there is where its instant is. */
const LIST = `
local bodies, order, deliveries = unpack(KEYS)
local ids
local rank = ARGV[1] ~= "" and redis.call("ZREVRANK", order, ARGV[1])
if ARGV[1] == "" then
  ids = redis.call("ZREVRANGE", order, 0, ARGV[3] - 1)
elseif rank then
  ids = redis.call("ZREVRANGE", order, rank + 1, rank + ARGV[3])
else
  ids = redis.call("ZREVRANGEBYSCORE", order, "(" .. ARGV[2], "-inf", "LIMIT", 0, ARGV[3])
end
local found = {}
for _, id in ipairs(ids) do
  found[#found + 1] = redis.call("HGET", bodies, id)
  found[#found + 1] = redis.call("HGET", deliveries, id)
end
return found`;

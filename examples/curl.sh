#!/bin/sh
# What each model cost last month, by curl alone: sh examples/curl.sh http://127.0.0.1:4000/graphql
# Set TOKEN where callers authenticate. Ends with an error where the gateway does not answer, or any field failed.
set -eu
url=${1:-http://127.0.0.1:4000/graphql}
answer=$(curl --silent --show-error --fail-with-body "$url" \
  ${TOKEN:+--header "authorization: Bearer $TOKEN"} \
  --header 'content-type: application/json' \
  --header 'accept: application/graphql-response+json' \
  --data '{"query": "{ cost(range: {period: LAST_MONTH}, groupBy: [MODEL]) { nodes { model net { usd } } } }"}')
echo "$answer"
case $answer in *'"errors":'*) exit 1 ;; esac

#!/bin/sh
# The service with curl: understand a command, compose it, fetch the motion, and let a mannequin perform it.
#   motion serve &   then   sh examples/curl.sh
set -eu
URL=${MOTION_URL:-http://127.0.0.1:8765}
OUT=${1:-.}
ask() { curl --silent --show-error --fail-with-body ${MOTION_KEY:+--header "Authorization: Bearer $MOTION_KEY"} "$@"; }

echo "What it understands:"
ask "$URL/v1/parse" --json '{"text": "wave then run"}'

TRACK=$(ask "$URL/v1/commands" --json '{"text": "先挥手，再跑步"}' | sed 's/.*"id":"\([0-9a-f]*\)".*/\1/')
ask "$URL/v1/tracks/$TRACK.bvh" --output "$OUT/curl.bvh"
ask "$URL/v1/tracks/$TRACK/mannequin.png?t=1.5" --output "$OUT/curl.png"
printf '\nWritten: %s/curl.bvh %s/curl.png\n' "$OUT" "$OUT"

echo "Actions that mean it:"
ask --get "$URL/v1/actions" --data-urlencode "text=say hello with the hand" --data limit=2

printf '\nWhat is wrong is told:\n'
ask "$URL/v1/commands" --json '{"text": "flurble"}' || true
echo

#!/usr/bin/env bash
# Starts the broker of docker-compose.yml in the official image, from the same two property files that
# infra/kafka.py uses: fills in the names with a dollar, formats an empty disk, then becomes the broker.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka=${KAFKA_HOME:-/opt/kafka}
filled=$(mktemp)
eval "cat <<FILLED
$(sed -e 's/^#.*//' "$here/server.properties" "$here/secured.properties")
FILLED" >"$filled"
# shellcheck disable=SC2154 # admin, password and cluster come from the environment
"$kafka/bin/kafka-storage.sh" format --ignore-formatted --cluster-id "$cluster" \
    --add-scram "SCRAM-SHA-512=[name=$admin,password=$password]" --config "$filled"
exec "$kafka/bin/kafka-server-start.sh" "$filled"

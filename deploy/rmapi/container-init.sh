#!/bin/sh
# What a product of the deployment does before it serves: find the deployment's names, get its client certificate, and
# register the homeserver's client at the identity provider. Each part is left out where its tool or setting is missing,
# and done once where its result is kept.
set -eu

persistent=${PERSISTENT_DIR:-/data/persistent}
manifest=${BELLHOP_RMAPI_MANIFEST:-/pvarki/kraftwerk-init.json}
hosts=${HOSTS_FILE:-/etc/hosts}
product_init=${PRODUCT_INIT:-/kw_product_init}
client_init=${CLIENT_INIT:-/kc_client_init}
# The identity provider may start later than this does.
attempts_max=6
pause_seconds=2

# Inside the network the deployment's names lead to the host, whose ports its proxies have.
name_the_host() {
  [ -n "${SERVER_DOMAIN:-}" ] || return 0
  address=$(getent ahostsv4 host.docker.internal | awk 'NR == 1 { print $1 }')
  if [ -z "$address" ]; then
    echo "host.docker.internal has no address; names are left as they are" >&2
    return 0
  fi
  # The file is mounted: it can be written, not replaced.
  others=$(grep -vF "${SERVER_DOMAIN}" "$hosts" || true)
  printf '%s\n%s %s %s %s\n' "$others" "$address" \
    "$SERVER_DOMAIN" "${MTLS_DOMAIN:-}" "${KCDOMAIN:-}" > "$hosts"
}

# The token that the manifest holds for this can be used once.
get_certificate() {
  [ -x "$product_init" ] || return 0
  [ ! -f "$persistent/public/mtlsclient.pem" ] || return 0
  "$product_init" init "$manifest"
}

# Once: the homeserver keeps the client that it began with.
register_client() {
  [ -x "$client_init" ] && [ -n "${KCDOMAIN:-}" ] || return 0
  [ ! -s "$persistent/oidc/registration.json" ] || return 0
  port=${NGINX_HTTPS_PORT:-443}
  mtls="mtls.${SERVER_DOMAIN:-}"
  [ "$port" = 443 ] || mtls="$mtls:$port"
  settings=$(mktemp)
  cat > "$settings" <<EOF
{
  "rasenmaeher": {
    "mtls": { "base_uri": "$mtls" },
    "kc": { "base_uri": "$KCDOMAIN:9443", "realm": "${KCREALM:-}" }
  },
  "oidc": { "client_registration": { "client_name": "Synapse" } }
}
EOF
  attempt=1
  until "$client_init" get_jwt "$settings"; do
    [ "$attempt" -lt "$attempts_max" ] || break
    attempt=$((attempt + 1))
    sleep "$pause_seconds"
  done
  "$client_init" register_oidc "$settings"
  rm -f "$settings"
}

# The tools make no directory but their own.
mkdir -p "$persistent/oidc"
name_the_host
get_certificate
register_client
[ -f "$persistent/firstrun.done" ] || date -u +%Y%m%dT%H%M > "$persistent/firstrun.done"

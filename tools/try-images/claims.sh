# What tools/try-images.sh claims about the images, first of what they hold, then of how they run. It is sourced.

# It was 45 MB when this was written; a compiler or a linter that slips in is larger than that.
added_bytes_max=60000000

inspect() {
  local label='index .Labels "org.opencontainers.image'
  podman image inspect "$1" --format "{{with .Config}}{{.User}} {{.WorkingDir}} {{.ExposedPorts}} {{.Volumes}} {{.StopSignal}} \
{{.Entrypoint}} {{.Cmd}}{{end}} {{$label.title\"}} {{$label.version\"}}"
}
packages_of() { # lock file, whether to leave out what is for development
  node -p "Object.entries(require('$1').packages).filter(([name, one]) => name && !one.optional && !($2 && one.dev))
    .map(([name]) => name).sort().join('\n')"
}
holds_dependencies() {
  diff <(packages_of "$root/package-lock.json" true) <(packages_of "$1/.package-lock.json" false) &&
    none find "$1" -maxdepth 1 -empty
}
adds_bytes() { [ "$(du -sb "$1" | tee /dev/stderr | cut -f 1)" -lt $added_bytes_max ]; }
check_contents() {
  local tree
  tree=$(podman image mount bellhop:local) || must 'the image can be looked into' false
  check 'it has the user, folder, port, volume, signal, command and labels of its page' expect \
    '10001:10001 /data map[8480/tcp:{}] map[/data:{}] SIGTERM [bellhop] [serve] Bellhop 1.2.3' inspect bellhop:local
  check 'it holds the locked dependencies and no others' holds_dependencies "$tree/opt/bellhop/node_modules"
  check 'it holds no source, no test and no setting of npm' none find "$tree/opt/bellhop" "$tree/root" -name node_modules \
    -prune -o \( -name '*.test.*' -o -name '*.ts' ! -name '*.d.ts' -o -name '.npm*' -o -name package-lock.json \) -print
  check 'no file names a path of this machine or of the build' none grep -rlE "($root|$work|['\"\`]/build)/" "$tree/opt/bellhop"
  check 'no layer names a registry' none sh -c 'podman history --no-trunc bellhop:local | grep -i registry'
  check "its files are root's, only root may write them, everybody may read them" \
    none find "$tree/opt/bellhop" ! -type l \( ! -user 0 -o ! -group 0 -o -perm /022 -o ! -perm -044 \)
  check "its data directory is its user's alone" expect '10001:10001 700' stat -c '%u:%g %a' "$tree/data"
  check "it adds less than $added_bytes_max bytes to its base" adds_bytes "$tree/opt/bellhop"
  tree=$(podman image mount bellhop-rmapi:local) || must 'the image can be looked into' false
  check 'the drop-in is root behind its entry point, and says what it is' expect \
    '0:0 /data map[8012/tcp:{} 8480/tcp:{}] map[/data:{}] SIGTERM [/docker-entrypoint.sh] [] Bellhop in the place of' \
    inspect bellhop-rmapi:local
  check "it brings authorities for the deployment's tools" grep -c 'BEGIN CERTIFICATE' "$tree/etc/ssl/certs/ca-certificates.crt"
  check 'it brings the browser part' diff -r --exclude='*.md' deploy/rmapi/ui "$tree/ui_build"
  check 'and no page about it' none find "$tree/ui_build" -name '*.md'
}

compose() { "$cache/podman-compose-$podman_compose/bin/podman-compose" "$@"; }
healthy() { until_true podman healthcheck run "$1" || { podman logs "$1"; return 1; }; }
# What the page calls `docker compose`: podman-compose on this podman neither waits for health nor does without a terminal.
docker() {
  case "$2" in
    run) compose up -d synapse && healthy bellhop_synapse_1 && compose run -T --no-deps "${@:3}" ;;
    up) compose up -d && healthy bellhop_bellhop_1 ;;
    exec) compose exec -T "${@:3}" ;;
  esac
}
in_deploy() { (cd $work/docker && "$@"); }
# The commands of a block of the page, of which the first that fails ends all.
page() {
  local commands
  commands=$(awk -v block="$1" '/^```/ { fence++; next } fence == 2 * block - 1' deploy/docker/README.md)
  in_deploy env cache="$cache" podman_compose=$podman_compose bash -euc "$(declare -f); $commands"
}
confined() { podman run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges "$@"; }
bellhop() { podman exec bellhop_bellhop_1 bellhop "$@"; }
reloaded() { podman logs bellhop_bellhop_1 2>&1 | grep -F '"configuration_loaded"'; }
stops_gracefully() { podman stop "$1" && expect 'ended with 0.' podman inspect --format 'ended with {{.State.ExitCode}}.' "$1"; }
# As Synapse's administrator: a path of its admin API.
synapse() { curl -sS -m 10 -H "Authorization: Bearer $reader" "http://127.0.0.1:8008/_synapse/admin/v1/$1"; }
log_in_as_reader() {
  podman exec bellhop_synapse_1 register_new_matrix_user -k "$(cat $work/docker/secrets/registration_shared_secret)" \
    -u reader -p reader -a http://127.0.0.1:8008 || return
  reader=$(curl -sS http://127.0.0.1:8008/_matrix/client/v3/login -d '{"type":"m.login.password","password":"reader",
    "identifier":{"type":"m.id.user","user":"reader"}}' | grep -oP '"access_token":"\K[^"]+')
}
try_bellhop() {
  cp -r deploy/docker $work/docker
  check 'it runs confined and says its version' expect "$(node -p 'require("./package.json").version')" \
    confined bellhop:local --version
  check 'it shows how to send' expect 'Usage: bellhop send' confined bellhop:local send --help
  check 'without a configuration it says so' ends_with 78 confined bellhop:local
  must 'the first commands of its page do what they say' page 1
  check 'and those for whoever comes later' page 2
  must 'Synapse can be asked' log_in_as_reader
  room=$(bellhop room list 2> "$cache/said" | grep -oE '![^ ,]+' | head -n 1)
  check 'the message is in the room' until_true expect 'disk full' synapse "rooms/$room/messages?dir=b&limit=20"
  check 'the outbox says that it is delivered' expect delivered bellhop outbox list
  check 'doctor finds nothing wrong' bellhop doctor
  check 'it has no right and no way to get one' expect $'CapBnd:\t0000000000000000\nNoNewPrivs:\t1' \
    podman exec bellhop_bellhop_1 grep -E '^(CapBnd|NoNewPrivs)' /proc/self/status
  check 'root itself could not change its files' ends_with 1 podman exec --user 0 bellhop_bellhop_1 touch /opt/bellhop/new
  check 'a second container on the same data exits with 73' ends_with 73 \
    in_deploy compose run -T --no-deps --rm bellhop serve
  podman kill --signal HUP bellhop_bellhop_1 > "$cache/said"
  check 'SIGHUP reads the configuration again' until_true reloaded
  check 'SIGTERM ends it well' stops_gracefully bellhop_bellhop_1
  check 'it starts again' podman start bellhop_bellhop_1
  check 'and is healthy' healthy bellhop_bellhop_1
  check 'with what it had' expect delivered bellhop outbox list
}

caller() { # path, options of curl …: as the deployment's proxy, from beside it
  podman exec bellhop_synapse_1 curl -sS -m 10 -w ' %{http_code}' -H 'Content-Type: application/json' "${@:2}" \
    "http://matrixrmapi:8012$1"
}
start_deployment() {
  mkdir $work/deployment && cp "$parts/kraftwerk-init.json" "$parts/deployment.yaml" $work/deployment || return
  # Podman-compose does not know `!reset` of a build; where no build is asked for, the line does nothing.
  sed '/build: !reset/d' deploy/rmapi/compose.yaml > $work/deployment/over.yaml
  SYNAPSE_REGISTRATION_SECRET=$(cat $work/docker/secrets/registration_shared_secret) \
    compose -f $work/deployment/deployment.yaml -f $work/deployment/over.yaml up -d --no-build
}
try_rmapi() {
  local name=deployment_matrixrmapi_1 person='{"uuid":"1","callsign":"me","x509cert":"NOCERTFOUND"}'
  must "the drop-in starts over the deployment's compose file" start_deployment
  must "the deployment's health check passes" healthy $name
  check 'it gets ready' until_true expect '"extra":"ready"' podman exec $name matrixrmapi healthcheck
  check "it knows the deployment's names" expect '192.0.2.1 matrix.localhost mtls.matrix.localhost kc.matrix.localhost' \
    podman exec $name cat /etc/hosts
  check "it called the deployment's tools" expect $'init\nget_jwt\nregister_oidc' podman exec $name cat /data/persistent/calls
  check 'it puts the browser part where the proxy looks' podman exec --user 65534 $name cat /ui_files/matrix/remoteEntry.js
  check 'it shows its interface' expect '"openapi"' podman exec $name matrixrmapi openapi
  check 'nobody may call without a certificate' expect ' 403' caller /api/v1/users/created -d "$person"
  check 'the deployment may' expect '"success":true' \
    caller /api/v1/users/created -d "$person" -H 'X-ClientCert-DN: CN=rasenmaeher,O=example'
  check 'and the person is in the rooms' until_true expect '"total":4' synapse 'users/@me:matrix.localhost/joined_rooms'
  check 'SIGTERM ends it well, too' stops_gracefully $name
  check 'it starts again' podman start $name
  check 'healthy' healthy $name
  check 'without calling the tools again' expect '3' podman exec $name grep -c . /data/persistent/calls
  check 'it starts alone, without an init process' podman run -d --name alone -p 127.0.0.1:8012:8012 \
    -e BELLHOP_RMAPI_UI_DIR=/ui_build -e SYNAPSE_REGISTRATION_SECRET=secret \
    -v "$parts/kraftwerk-init.json:/pvarki/kraftwerk-init.json:ro" bellhop-rmapi:local
  check 'its own health check passes' healthy alone
  check 'it serves the browser part where it is told to' expect export \
    curl -sS -m 10 http://127.0.0.1:8012/ui/matrix/remoteEntry.js
  check 'and ends well' stops_gracefully alone
}


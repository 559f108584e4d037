#!/usr/bin/env bash
# Builds both container images from their own Dockerfiles and runs them as their compose files and pages say, where neither
# a Docker engine nor an image registry is at hand: podman is the engine; Debian's packages and this machine's Node.js are
# the base image; a Synapse from PyPI and two scripts stand in for other people's images. It needs root on Debian 12 and the
# right to make namespaces. What it keeps is in `.cache/images`. It ends with `images: N passed, N failed`.
set -uo pipefail
phase=${1-start} passed=${2-0} failed=${3-0}
cd "$(dirname "$0")/.." || exit 1
root=$PWD
export PATH=$root/node_modules/.bin:$PATH
parts=$root/tools/try-images
cache=$root/.cache/images
# In memory, and seen from nowhere else.
work=/run/bellhop-images
# Images are overlays, which cannot lie on another one: there they are in memory too, and made anew each time.
kept=$cache
[ "$(stat -f -c %T .)" != overlayfs ] || kept=$work
packages=(podman crun catatonit debootstrap golang-github-containernetworking-plugin-dnsname python3-venv openssl curl)
podman_compose=1.6.0

finish() {
  echo "images: $passed passed, $failed failed"
  [ "$failed" = 0 ]
  exit
}
check() { # claim, command …
  if "${@:2}" > "$cache/said" 2>&1; then
    echo "ok    $1"
    passed=$((passed + 1))
    return
  fi
  echo "FAIL  $1"
  grep -v 'systemd connection' "$cache/said" | tail -n 15 | cut -c 1-300 | sed 's/^/      /'
  failed=$((failed + 1))
  return 1
}
must() { check "$@" || finish; }
expect() { # text, command …: it succeeds and says so
  local said
  said=$("${@:2}") || return
  printf '%s\n' "$said"
  [[ $said == *"$1"* ]]
}
none() { [ -z "$("$@" 2>&1 | tee /dev/stderr)" ]; } # command …: it says nothing
ends_with() {                                       # exit code, command …
  local code=0
  "${@:2}" || code=$?
  echo "exit code $code"
  [ "$code" = "$1" ]
}
until_true() { # command …; it is asked for 30 s, many times what a quiet machine takes
  local attempt
  for ((attempt = 0; attempt < 60; attempt++)); do
    "$@" && return
    sleep 0.5
  done
  return 1
}

install_packages() {
  dpkg -s "${packages[@]}" > /dev/null 2>&1 && return
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"
}
configure() { # where podman keeps what it makes, and where it finds further images
  local venv=$cache/podman-compose-$podman_compose
  export CONTAINERS_CONF=$parts/containers.conf CONTAINERS_REGISTRIES_CONF=$parts/registries.conf
  export CONTAINERS_STORAGE_CONF=$work/storage.conf
  mkdir -p "$work/networks" "$work/npm" &&
    printf '%s\n' '[storage]' "driver = 'overlay'" "graphroot = '$1'" "runroot = '$work/run'" \
      '[storage.options]' "additionalimagestores = [${2:+"'$2'"}]" > $work/storage.conf &&
    # For one build alone, and in no layer: where this machine has its packages from.
    printf 'registry=%s\ncafile=/usr/local/etc/ca.crt\n' "$(npm config get registry 2> /dev/null)" > $work/npm/npmrc &&
    cat /etc/ssl/certs/ca-certificates.crt ${NODE_EXTRA_CA_CERTS:+"$NODE_EXTRA_CA_CERTS"} > $work/npm/ca.crt &&
    podman info > /dev/null || return
  [ -x "$venv/bin/podman-compose" ] && return
  python3 -m venv "$venv" && "$venv/bin/pip" -q install "podman-compose==$podman_compose"
}

build() { podman build --format docker --network host "$@"; }
make_debian() {
  podman image exists localhost/debian:bookworm && return
  local mirror
  # shellcheck disable=SC2016 # apt-get fills it in
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -n 1)
  debootstrap --variant=minbase bookworm $work/debian ${mirror:+"$mirror"} &&
    tar -C $work/debian --exclude='./var/cache/apt/archives/*.deb' -c . | podman import - localhost/debian:bookworm
}
make_node() {
  npm install --silent --global --prefix $work/node npm@11 &&
    install -D "$(node -p process.execPath)" $work/node/bin/node &&
    build -f "$parts/Dockerfile.node" -t localhost/node:24 $work/node
}
make_synapse() { # under the name that compose.yaml asks for
  local python
  python=$(node -e "import('$root/test/synapse/ensure-synapse.ts').then(async (file) => console.log(await file.ensureSynapse()))") &&
    build -f "$parts/Dockerfile.synapse" "${python%/bin/*}/lib/python3.11/site-packages" \
      -t "docker.io/$(grep -om1 'matrixdotorg/synapse:.*' deploy/docker/compose.yaml)"
}
build_images() {
  must 'a base image is made of Debian' make_debian
  must 'and of Node.js' make_node
  must 'a Synapse stands in for its image' make_synapse
  local tool
  for tool in kw_product_init kc_client_init; do
    must "a script stands in for $tool" build -f "$parts/Dockerfile.tool" --build-arg TOOL=$tool -t localhost/$tool "$parts"
  done
  must 'the image of Bellhop is built' build --volume $work/npm:/usr/local/etc:ro --build-arg BASE=localhost/node:24 \
    --build-arg VERSION=1.2.3 -f deploy/docker/Dockerfile -t bellhop:local .
  must 'the image of the drop-in is built' build --build-arg PRODUCT_INIT=localhost/kw_product_init \
    --build-arg CLIENT_INIT=localhost/kc_client_init -f deploy/rmapi/Dockerfile -t bellhop-rmapi:local .
  # What is left of builds of other days.
  podman image prune --force --filter until=72h > "$cache/said" 2>&1
}

# shellcheck source=tools/try-images/claims.sh
. "$parts/claims.sh"

case $phase in
  start)
    [ "$(id -u)" = 0 ] || { echo 'FAIL  this is not root' && failed=1 && finish; }
    mkdir -p "$cache" $work && exec 9> "$cache/lock"
    must 'no other run has the cache' flock --nonblock 9
    must "Debian's packages are there" install_packages
    must 'this machine lets root make namespaces and mounts' unshare --mount --pid --fork --net mount -t tmpfs tmpfs $work
    # All that is started ends with the first process of this namespace, however this script ends.
    exec unshare --mount --pid --fork --mount-proc --kill-child "$0" build "$passed" "$failed"
    ;;
  build)
    # Crun refuses both generations of cgroups side by side.
    ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
    mount -t tmpfs tmpfs $work
    must 'podman is set up' configure "$kept/storage"
    build_images
    check_contents
    # A network of its own: no port is taken here, and no firewall rule stays.
    exec unshare --net "$0" run "$passed" "$failed"
    ;;
  run)
    ip link set lo up
    # Containers and volumes of their own: nothing is left of a run before.
    rm -rf --one-file-system "$kept/containers"
    must 'podman is set up to run them' configure "$kept/containers" "$kept/storage"
    try_bellhop
    try_rmapi
    finish
    ;;
esac

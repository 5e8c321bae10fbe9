#!/bin/sh
# Makes this checkout ready to run: a Node.js that is new enough, and the packages of the lock file.
#
#   deploy/bootstrap.sh        both; does nothing when both are there already
#   deploy/bootstrap.sh path   Node.js alone; prints the folder to put at the front of PATH
#
# Nothing is installed on the machine: Node.js comes as an npm package into the cache (GRADEWIRE_CACHE, else .cache).
# Two runs at once are safe; whatever is cached works without a network.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cache=${GRADEWIRE_CACHE:-$root/.cache}
wanted=$(cat "$root/.node-version")
wanted_major=${wanted%%.*}
lock=$cache/bootstrap.lock
held=
ticker=

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

case $cache in /*) ;; *) fail "GRADEWIRE_CACHE must be an absolute path, got \"$cache\"" ;; esac

cleanup() {
  [ -z "$ticker" ] || kill "$ticker" 2>/dev/null || true
  [ -z "$held" ] || rm -rf "$lock"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# mkdir(1) succeeds for one alone; the owner's pid inside tells a dead owner's lock from a living one's
take_lock() {
  mkdir -p "$cache"
  said=
  nameless=0
  until mkdir "$lock" 2>/dev/null; do
    owner=$(cat "$lock/pid" 2>/dev/null || true)
    if [ -z "$owner" ]; then
      nameless=$((nameless + 1))
    else
      nameless=0
    fi
    if { [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null && ! [ -d "/proc/$owner" ]; } || [ "$nameless" -gt 10 ]; then
      # renamed first, so that of two runs which both see it dead only one removes it
      mv "$lock" "$lock.stale.$$" 2>/dev/null && rm -rf "$lock.stale.$$"
      continue
    fi
    if [ -z "$said" ] && [ -n "$owner" ]; then
      say "waiting for process $owner, which prepares this checkout"
      said=yes
    fi
    sleep 1
  done
  held=yes
  echo "$$" >"$lock/pid"
}

release_lock() {
  rm -rf "$lock"
  held=
}

# runs a long command in silence, with a sign of life every ten seconds
patiently() {
  (
    seconds=0
    # its output is closed, or a pipe behind this script would wait for the last sleep
    while sleep 10 >/dev/null 2>&1; do
      seconds=$((seconds + 10))
      say "… $seconds s"
    done
  ) &
  ticker=$!
  outcome=0
  "$@" >&2 || outcome=$?
  kill "$ticker" 2>/dev/null || true
  ticker=
  return "$outcome"
}

version_of() { "$1" --version 2>/dev/null | sed -n 's/^v//p'; }

platform_package() {
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) return 1 ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) return 1 ;;
  esac
  echo "node-$os-$arch"
}

# sets node_folder where a suitable Node.js is there already
find_node() {
  system=$(command -v node || true)
  if [ -n "$system" ]; then
    found=$(version_of "$system")
    found_major=${found%%.*}
    if [ "${found_major:-0}" -ge "$wanted_major" ]; then
      node_folder=$(dirname -- "$system")
      return 0
    fi
  fi
  package=$(platform_package) || fail "Node.js $wanted_major or newer is needed; install it from your system's packages"
  node_folder=$cache/node/node_modules/$package/bin
  [ "$(version_of "$node_folder/node")" = "$wanted" ]
}

install_node() {
  command -v npm >/dev/null || fail "Node.js $wanted_major or newer is needed, or any npm to fetch it with. To fix it: apt-get install -y npm"
  say "fetching Node.js $wanted (npm package $package, about 190 MB unpacked)"
  unfinished=$cache/node.unfinished
  rm -rf "$unfinished"
  mkdir -p "$unfinished"
  patiently npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error --prefix "$unfinished" "$package@$wanted"
  rm -rf "$cache/node"
  mv "$unfinished" "$cache/node"
  [ "$(version_of "$node_folder/node")" = "$wanted" ] || fail "$package@$wanted does not run here: $node_folder/node --version"
}

ensure_node() {
  find_node && return 0
  take_lock
  find_node || install_node
  release_lock
}

lock_hash() {
  "$node_folder/node" -e '
    const { readFileSync } = require("node:fs")
    const hash = require("node:crypto").createHash("sha256").update(readFileSync(process.argv[1]))
    console.log(hash.digest("hex"))' "$root/package-lock.json"
}

packages_match() { [ "$(cat "$root/node_modules/.gradewire-lock" 2>/dev/null || true)" = "$hash" ]; }

ensure_packages() {
  hash=$(lock_hash)
  packages_match && return 0
  take_lock
  if ! packages_match; then
    command -v npm >/dev/null || fail "npm is needed to install the packages. To fix it: apt-get install -y npm"
    say "installing the packages of package-lock.json"
    PATH=$node_folder:$PATH
    export PATH
    cd "$root"
    # `npm ci` refuses a lock that was written behind a mirror without other platforms' optional packages; `npm install`
    # takes the same versions from it, verified by the same hashes, and with --no-save leaves it as it is
    options="--ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1 --fetch-retry-mintimeout=2000"
    # shellcheck disable=SC2086
    patiently npm ci $options --silent ||
      patiently npm install --no-save $options --loglevel=error ||
      fail "npm could not install the packages of package-lock.json; is its registry reachable?"
    echo "$hash" >"$root/node_modules/.gradewire-lock"
  fi
  release_lock
}

case ${1:-} in
  '')
    ensure_node
    ensure_packages
    ;;
  path)
    ensure_node
    printf '%s\n' "$node_folder"
    ;;
  *) fail "usage: deploy/bootstrap.sh [path]" ;;
esac

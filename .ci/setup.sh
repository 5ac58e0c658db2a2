# Set-up for ./run and ./test, to be sourced: system packages, uv, the locked Python environment.
# It writes to standard error only, so that `./run --json …` keeps standard output to itself, and leaves a stamp in
# .venv that lets the next call pass in milliseconds and without a network. Expects `set -euo pipefail` and $project.

# One package a line; where its name differs between releases, the names stand side by side. Qt's own wheel brings Qt,
# not the system's libraries that its platform plugins load.
RUN_PACKAGES=(
    softhsm2
    libgl1 libegl1 libfontconfig1 libdbus-1-3 libxkbcommon0
    "libglib2.0-0t64|libglib2.0-0"
    libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
    libxcb-render-util0 libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 libx11-xcb1
    libwayland-cursor0 libwayland-egl1
)
# A display for whole-program tests, a PKCS#11 spy, a second PKCS#11 module, Indic letters, Redis: Debian's redis-tools
# holds the server's program too (as redis-check-rdb) and, unlike redis-server, starts no service on this machine.
TEST_PACKAGES=(xvfb xauth opensc libnss3 fonts-noto-core redis-tools)

MINIMUM_PYTHON=(3 11)
MINIMUM_UV=(0 5)

# Settings of the environment that would make uv ignore the lock file, the project or .venv. uv.lock says what to
# install and from where; the cache, certificates and time-outs stay as they are set.
UV_WITHOUT=(
    UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX_STRATEGY UV_FROZEN UV_LOCKED
    UV_NO_SYNC UV_PROJECT UV_PROJECT_ENVIRONMENT UV_WORKING_DIRECTORY UV_PYTHON UV_PYTHON_PREFERENCE UV_SYSTEM_PYTHON
    UV_PRERELEASE UV_RESOLUTION UV_EXCLUDE_NEWER UV_NO_BINARY UV_NO_BUILD UV_NO_DEV UV_NO_EDITABLE UV_CONFIG_FILE
    UV_CONSTRAINT UV_OVERRIDE UV_NO_INDEX UV_DRY_RUN VIRTUAL_ENV CONDA_PREFIX PYTHONHOME PYTHONPATH
)

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# set_up run|test: does what is missing; returns at once when the stamp is right.
set_up() {
    local kind=$1 wanted
    wanted=$(stamp)
    is_set_up "$kind" "$wanted" && return
    check_owner
    mkdir -p "$project/.stamp" || fail "Set-up cannot write to $project. Clone the project to a folder of your own."
    command -v flock >/dev/null || fail "Set-up needs the program flock (package util-linux)."
    exec 9>"$project/.stamp/lock" || fail "Set-up cannot write to $project/.stamp. Did another user make it? Remove it."
    flock 9 # a second ./run waits here, then finds everything done
    if ! is_set_up "$kind" "$wanted"; then
        local packages=("${RUN_PACKAGES[@]}")
        [[ $kind == test ]] && packages+=("${TEST_PACKAGES[@]}")
        find_python
        find_uv
        [[ -n $uv ]] || has_venv_module || packages+=(python3-venv)
        install_packages "${packages[@]}"
        [[ -n $python ]] || find_python
        [[ -n $python ]] || fail "Citizen Zero Console needs Python ${MINIMUM_PYTHON[0]}.${MINIMUM_PYTHON[1]} or newer; install it and try again."
        [[ -n $uv ]] || install_uv
        install_environment "$kind"
        printf '%s\n' "$wanted" >"$project/.venv/.set-up-$kind"
        [[ $kind == test ]] && cp "$project/.venv/.set-up-test" "$project/.venv/.set-up-run"
        say "Set-up is done."
    fi
    exec 9>&-
}

# What the set-up depends on: the lock, this file, and the place, because a Python environment cannot be moved.
stamp() {
    local sums
    sums=$(cd "$project" && sha256sum uv.lock pyproject.toml .ci/setup.sh) || fail "$project is not complete: clone it again."
    printf '%s\n%s\n' "$project" "$sums"
}

is_set_up() {
    local found=
    [[ -x $project/.venv/bin/python && -x $project/.venv/bin/citizen-zero && -r $project/.venv/.set-up-$1 ]] || return 1
    found=$(<"$project/.venv/.set-up-$1")
    [[ $found == "$2" ]]
}

check_owner() {
    [[ ! -e $project/.venv || -O $project/.venv ]] && return
    fail "The environment $project/.venv is out of date and belongs to $(stat -c %U "$project/.venv"), not to you ($(id -un)). Run this as that user, or remove .venv."
}

# --- Python and uv ---------------------------------------------------------------------------------------------------

find_python() {
    local name check="import sys; raise SystemExit(sys.version_info < (${MINIMUM_PYTHON[0]}, ${MINIMUM_PYTHON[1]}))"
    python=
    for name in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
        name=$(command -v "$name") && "$name" -c "$check" 2>/dev/null && python=$name && return
    done
    return 0
}

has_venv_module() { [[ -n $python ]] && "$python" -c 'import ensurepip, venv' 2>/dev/null; }

find_uv() {
    local name
    uv=
    for name in uv "$project/.stamp/uv/bin/uv" "${HOME:-/nonexistent}/.local/bin/uv"; do
        name=$(command -v "$name") && is_new_enough "$name" && uv=$name && return
    done
    return 0
}

is_new_enough() {
    local name version major minor
    read -r name version _ < <("$1" --version 2>/dev/null) || return 1
    IFS=. read -r major minor _ <<<"$version"
    [[ $name == uv && $major =~ ^[0-9]+$ && $minor =~ ^[0-9]+$ ]] || return 1
    ((major > MINIMUM_UV[0] || (major == MINIMUM_UV[0] && minor >= MINIMUM_UV[1])))
}

install_uv() {
    say "Set-up: installing uv, which installs the locked Python packages …"
    local folder=$project/.stamp/uv
    rm -rf "$folder"
    "$python" -m venv "$folder" >&2 || fail "Python cannot make an environment for uv; the lines above say why."
    env -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT -u PIP_USER -u PIP_REQUIRE_VIRTUALENV -u PIP_CONSTRAINT \
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "uv>=${MINIMUM_UV[0]}.${MINIMUM_UV[1]}" >&2 ||
        fail "uv could not be installed from the Python package index; the lines above say why. Without a network, put uv on the PATH."
    uv=$folder/bin/uv
}

install_environment() {
    say "Set-up: installing the locked Python packages …"
    local name without=() kind=$1 extent=()
    for name in "${UV_WITHOUT[@]}"; do without+=(-u "$name"); done
    [[ $kind == run ]] && extent=(--no-dev --inexact) # leaves what ./test has installed
    if [[ -e $project/.venv ]] && ! grep -qsF "$project/.venv/bin/python" "$project/.venv/bin/citizen-zero"; then
        rm -rf "$project/.venv" # moved here from elsewhere, or never finished
    fi
    env "${without[@]}" UV_PYTHON_DOWNLOADS=never "$uv" sync --quiet --no-config --locked --compile-bytecode "${extent[@]}" \
        --project "$project" --python "$python" </dev/null >&2 ||
        fail "The locked Python packages could not be installed; the lines above say why. Mend it, then run this again."
}

# --- System packages -------------------------------------------------------------------------------------------------

install_packages() {
    local missing=()
    if [[ -n ${CITIZEN_ZERO_SKIP_PACKAGES:-} ]]; then return; fi
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is not Debian or one of its kin: see that the equivalents of these packages are installed: $*"
        return
    fi
    find_missing "$@"
    ((${#missing[@]})) || return 0
    local as_root=()
    if ((EUID != 0)); then
        if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            say "These system packages are missing, and installing them needs root or sudo: ${missing[*]}"
            fail "Have them installed with: apt-get install ${missing[*]}   (CITIZEN_ZERO_SKIP_PACKAGES=1 goes on without them)"
        fi
    fi
    say "Set-up: installing system packages: ${missing[*]} …"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    "${apt[@]}" update </dev/null >&2 || say "The list of packages could not be renewed; trying with the one at hand."
    find_missing "$@" # the new list may know other names
    "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null >&2 ||
        fail "The system packages could not be installed; the lines above say why."
}

# find_missing NAME|OTHER-NAME…: fills the caller's `missing` with one installable name for each that is not there.
find_missing() {
    local entry name names installed
    missing=()
    installed=" $(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | tr '\n' ' ') "
    for entry in "$@"; do
        IFS='|' read -r -a names <<<"$entry"
        name=${names[0]}
        for name in "${names[@]}"; do
            [[ $installed == *" $name "* ]] && continue 2
        done
        if ((${#names[@]} > 1)); then
            for name in "${names[@]}"; do
                apt-cache show "$name" >/dev/null 2>&1 && break # else the last one stands
            done
        fi
        missing+=("$name")
    done
}

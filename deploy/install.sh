#!/bin/sh
# Install the Plan Monitor from this bundle, without internet. 从本安装包安装计划监测，不需要互联网。
#
#   ./install.sh                      into /opt/plan-monitor    安装到 /opt/plan-monitor
#   ./install.sh --prefix DIRECTORY   elsewhere                 安装到其他目录
#   ./install.sh --packages           first Debian's packages of this bundle, as root
#                                     先安装包内的 Debian 软件包，须以 root 执行
#
# Each release gets a directory of its own; `current` leads to the one in use, the others stay for going back. Figures
# and settings (VAR_DIR, /etc/plan-monitor, the database) are not touched.
# 每个版本单独一个目录，current 指向正在使用的版本，旧版本保留以便退回。不触动数据和设置。
set -eu
umask 022
bundle=$(cd "$(dirname "$0")" && pwd)
prefix=/opt/plan-monitor
with_packages=no
staging='' scratch=''

say() { printf '%s\n%s\n' "$1" "$2"; }
refuse() {
    say "$1" "$2" >&2
    exit "${3:-1}"
}
usage() { sed -n '2,/^set/s/^# \?//p' "$0" | grep -v '^set'; }

# Whatever ends this, nothing unfinished stays.
clean_up() {
    status=$?
    trap - EXIT
    test -z "$scratch" || rm -rf "$scratch"
    if test -n "$staging" && test -d "$staging"; then
        rm -rf "$staging"
        say "安装未完成，未留下任何文件；正在使用的版本不变。" \
            "The installation was not finished and nothing of it stays; the release in use is what it was." >&2
    fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- What this machine must be ----------------------------------------------------------------------------------------

check_architecture() {
    case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) refuse "本机处理器为 $(uname -m)，安装包只支持 x86_64 和 aarch64。请换用这两种架构的服务器。" \
        "This machine is $(uname -m); the bundle serves x86_64 and aarch64. Take a server of one of these." ;;
    esac
}

check_members() {
    say "正在校验文件 / Checking the files" ""
    if ! damaged=$(cd "$bundle" && sha256sum --quiet --check MANIFEST 2>/dev/null); then
        refuse "安装包已损坏或不完整，请重新拷贝并用 SHA256SUMS 校验：$damaged" \
            "The bundle is damaged or incomplete. Copy it again and check it with SHA256SUMS: $damaged"
    fi
    read -r _ _ version commit <"$bundle/MANIFEST"
}

# The name of this system as Debian says it: bookworm, trixie; empty elsewhere.
suite() { (. /etc/os-release 2>/dev/null && test "$ID" = debian && echo "$VERSION_CODENAME") || true; }

check_system() {
    debs=$bundle/debs/$(suite)-$architecture
    test -d "$debs" && return
    debs=''
    say "提示：未在本系统上试装过（安装包按 Debian 12、13 制作），需要 glibc 2.28 以上和 Python 3.11 或 3.13。" \
        "Note: this was not tried on this system (it is made for Debian 12 and 13); glibc 2.28 and Python 3.11 or 3.13 are needed."
}

# The first Python for whose version there are wheels.
find_python() {
    for python in python3.11 python3.13 python3; do
        command -v "$python" >/dev/null || continue
        case $("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) in
        3.11 | 3.13) "$python" -c 'import ensurepip, venv' 2>/dev/null && return ;;
        esac
    done
    found=$(python3 --version 2>/dev/null) || found="no python3"
    refuse "需要带 venv 模块的 Python 3.11 或 3.13，本机为：$found。Debian 上请以 root 执行 ./install.sh --packages；其他系统请先安装 python3.11。" \
        "Python 3.11 or 3.13 with its venv module is needed; this machine has: $found. On Debian run ./install.sh --packages as root; elsewhere install python3.11 first."
}

check_prefix() {
    case $prefix in
    /*) ;;
    *) prefix=$PWD/$prefix ;;
    esac
    # The first lines of programs and the units hold this path.
    case $prefix in
    *[!A-Za-z0-9/._-]*) refuse "目录 $prefix 的名称只能含字母、数字和 / . _ -，请用 --prefix 另选目录。" \
        "The directory $prefix may only have letters, digits and / . _ - in its name. Name another one with --prefix." ;;
    esac
    if ! mkdir -p "$prefix/releases" 2>/dev/null || ! test -w "$prefix/releases" || ! test -w "$prefix"; then
        refuse "无法写入 $prefix。请以 root 执行，或用 --prefix 指定您有写权限的目录。" \
            "Cannot write to $prefix. Run this as root, or name a directory of yours with --prefix."
    fi
    if test -e "$prefix/current" && ! test -L "$prefix/current"; then
        refuse "$prefix/current 不是链接，请先移走。" "$prefix/current is no link. Move it away first."
    fi
}

# Unpacked wheels with compiled modules take about twice the room of all wheels of the bundle.
check_room() {
    needed=$(du -sk "$bundle/wheels" "$bundle/project" | awk '{ sum += $1 } END { print 2 * sum }')
    free=$(df -Pk "$prefix/releases" | awk 'NR == 2 { print $4 }')
    if test "$free" -lt "$needed"; then
        refuse "磁盘空间不足：$prefix 所在磁盘剩余 $((free / 1024)) MB，需要 $((needed / 1024)) MB。请清理后重试。" \
            "The disk is full: $((free / 1024)) MB are left for $prefix and $((needed / 1024)) MB are needed. Make room and try again."
    fi
}

# --- Debian's packages ------------------------------------------------------------------------------------------------

# apt itself reads the folder as a repository of packages and decides which of them are missing.
install_packages() {
    test "$(id -u)" = 0 || refuse "安装 Debian 软件包须以 root 执行。" "Debian's packages are installed by root: run this as root."
    if test -z "$debs" || ! test -e "$debs/Packages"; then
        refuse "安装包内没有本系统的软件包，请用系统自带的源安装：$(cat "$bundle"/debs/*/named 2>/dev/null | sort -u | tr '\n' ' ')" \
            "The bundle has no packages for this system. Install them from the system's own source: the names above."
    fi
    say "正在安装 Debian 软件包 / Installing Debian's packages: $(tr '\n' ' ' <"$debs/named")" ""
    scratch=$(mktemp -d)
    mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial"
    ln -s "$debs" "$scratch/debs"
    echo "deb [trusted=yes] file:$scratch/debs ./" >"$scratch/sources.list"
    apt="apt-get -qq -o Dir::Etc::SourceList=$scratch/sources.list -o Dir::Etc::SourceParts=/dev/null
        -o Dir::State::Lists=$scratch/lists -o Dir::Cache=$scratch/cache -o APT::Sandbox::User=root"
    # shellcheck disable=SC2046,SC2086 # several options, several packages
    if ! { $apt update && DEBIAN_FRONTEND=noninteractive $apt install -y --no-install-recommends $(cat "$debs/named") >"$scratch/log" 2>&1; }; then
        cat "$scratch/log" >&2
        refuse "软件包未能安装，原因见上。" "The packages could not be installed; the reason stands above."
    fi
    rm -rf "$scratch"
    scratch=''
}

# --- The release ------------------------------------------------------------------------------------------------------

# Everything is made beside the final place and then renamed, in one step.
install_release() {
    staging=$(mktemp -d "$prefix/releases/.unfinished.XXXXXX")
    chmod 755 "$staging"
    say "正在安装 $version 到 $release / Installing $version into $release" ""
    cp -R "$bundle/project/." "$staging"
    cp "$bundle/MANIFEST" "$staging/MANIFEST"
    "$python" -m venv "$staging/.venv"
    # From the wheels of the bundle alone, whatever this machine or user has told pip.
    PIP_CONFIG_FILE=/dev/null "$staging/.venv/bin/python" -m pip --isolated install --quiet --disable-pip-version-check \
        --no-cache-dir --no-compile --no-index --find-links "$bundle/wheels" --only-binary :all: --require-hashes \
        --requirement "$staging/requirements.txt"
    for file in "$staging"/.venv/bin/* "$staging/.venv/pyvenv.cfg"; do
        test -L "$file" || sed -i "s#$staging#$release#g" "$file"
    done
    # Units and other examples name the usual place.
    if test -d "$staging/deploy"; then
        find "$staging/deploy" -type f ! -name install.sh ! -name Containerfile -exec \
            sed -i "s#/opt/plan-monitor\(/current\)\?\([^A-Za-z0-9_-]\|\$\)#$prefix/current\2#g" {} +
    fi
    try_release
    "$staging/.venv/bin/python" -m compileall -q -j 0 -s "$staging" -p "$release" "$staging" >/dev/null || true
    mv -T "$staging" "$release"
    staging=''
}

# The programs can be loaded and the settings are sound; with a key that signs nothing, and nothing is written.
try_release() {
    scratch=$(mktemp -d)
    if ! (cd "$staging" && env -u DATABASE_URL SECRET_KEY=only-for-trying VAR_DIR="$scratch" PYTHONDONTWRITEBYTECODE=1 \
        .venv/bin/python manage.py check >"$scratch/log" 2>&1); then
        cat "$scratch/log" >&2
        refuse "安装后的程序无法启动，原因见上。" "The installed programs cannot be started; the reason stands above."
    fi
    rm -rf "$scratch"
    scratch=''
}

use_release() {
    before=$(readlink "$prefix/current" 2>/dev/null) || before=''
    ln -sfn "releases/$version" "$prefix/current.new"
    mv -T "$prefix/current.new" "$prefix/current"
}

tell_what_is_next() {
    echo
    say "已安装 $version（提交 $commit）：$prefix/current" "Installed $version (commit $commit): $prefix/current"
    if test -n "$before" && test "$before" != "releases/$version"; then
        say "旧版本保留，退回方法：ln -sfnT $before $prefix/current，然后重启服务；数据库结构须与之相符（docs/offline.md）。" \
            "The earlier release stays. Back: ln -sfnT $before $prefix/current, then restart the service; its database must fit (docs/offline.md)."
    fi
    say "下一步：1) 按 $prefix/current/deploy/ 中的说明填写设置并安装 systemd 单元（deploy/systemd）；2) 在 $prefix/current 中执行 .venv/bin/python manage.py migrate 和 collectstatic --noinput；3) 用 manage.py install_check 检查；4) 启动或重启服务。" \
        "Next: 1) fill in the settings and install the units as $prefix/current/deploy/ says (deploy/systemd); 2) in $prefix/current run .venv/bin/python manage.py migrate and collectstatic --noinput; 3) try manage.py install_check; 4) start or restart the service."
}

# ----------------------------------------------------------------------------------------------------------------------

while test $# -gt 0; do
    case $1 in
    --prefix)
        test $# -gt 1 || refuse "--prefix 后面须写目录。" "A directory must follow --prefix." 2
        prefix=${2%/}
        shift
        ;;
    --packages) with_packages=yes ;;
    --help)
        usage
        exit 0
        ;;
    *) refuse "没有 $1 这个选项，用法见 --help。" "There is no option $1; --help says what there is." 2 ;;
    esac
    shift
done

check_architecture
check_members
check_system
test "$with_packages" = no || install_packages
find_python
check_prefix
release=$prefix/releases/$version
if test -e "$release"; then
    if ! cmp -s "$bundle/MANIFEST" "$release/MANIFEST"; then
        refuse "$release 已由另一个 $version 安装包安装。请先切换到其他版本，再将该目录改名或删除。" \
            "$release was installed from another bundle of $version. Use another release, then rename or remove that directory."
    fi
    say "$version 已经安装 / $version is installed already" ""
else
    check_room
    install_release
fi
use_release
tell_what_is_next

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Layers and dependencies, through the `codeexec` program: built out of local archives, without any network. Prints TAP.
#
# CODEEXEC, CODEEXEC_EXECUTORS_DIR, CODEEXEC_PLUGIN_DIR, CODEEXEC_SUPERVISOR as for cli.sh. $1: codeexec-fetch.sh
# shellcheck disable=SC2016
set -u
: "${CODEEXEC:?}" "${CODEEXEC_EXECUTORS_DIR:?}"
export CODEEXEC_FETCH=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work" || exit 1
export CODEEXEC_RUNTIMES_DIR=$work/runtimes TMPDIR=$work
number=0 failures=0

result() { # result STATUS DESCRIPTION
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		failures=$((failures + 1))
		echo "not ok $number - $2"
		printf '# status: %s\n' "$status"
		head -c 2000 out | sed 's/^/# stdout: /'
		head -c 2000 err | sed 's/^/# stderr: /'
	fi
}

cx() {
	"$CODEEXEC" "$@" >out 2>err </dev/null
	status=$?
}

want() { # want DESCRIPTION STATUS STDOUT
	printf '%s' "$3" >wanted
	[ "$status" = "$2" ] && cmp -s wanted out
	result $? "$1"
}

said() { # said DESCRIPTION STATUS WORDS: on standard error
	[ "$status" = "$2" ] && grep -qF -- "$3" err
	result $? "$1"
}

# A wheel is a zip; a package of npm is a tar whose first directory is "package".
make_wheel() { # make_wheel NAME VERSION CODE
	python3 - "$@" <<'EOF'
import sys, zipfile
name, version, code = sys.argv[1:]
with zipfile.ZipFile(f"archives/{name}-{version}-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}/__init__.py", code)
    wheel.writestr(f"{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n")
EOF
}

mkdir archives package
make_wheel tiny 1.0 'word = "tiny one"'
make_wheel tiny 2.0 'word = "tiny two"'
make_wheel other 1.0 'import tiny; word = "other with " + tiny.word'
printf '{"name": "@demo/pad", "version": "1.2.3", "main": "i.js", "scripts": {"install": "touch /ran"}}' >package/package.json
echo 'module.exports = (s) => s.padStart(6, ".");' >package/i.js
tar czf archives/demo-pad-1.2.3.tgz package

python='import tiny; print(tiny.word, tiny.__file__)'
cx run -l python --dependency tiny@1.0 -c "$python"
said 'a dependency that nobody built: what is missing and what to run' 125 \
	'python: these dependencies are not there: tiny@1.0; run: codeexec layer build python tiny@1.0'
cx layer build --from archives python tiny@1.0
[ "$status" = 0 ] && grep -qE '^python +[0-9a-f]{32} .* 2 files .* tiny@1\.0$' out
result $? 'a layer of a local wheel'
id=$(awk '{ print $2 }' out)
cx run -l python --dependency tiny@1.0 -c "$python"
want 'a program sees it' 0 "tiny one /opt/layers/$id/tiny/__init__.py"$'\n'
cx run -l python -c 'import tiny'
said 'one that does not name it does not' 1 'ModuleNotFoundError'
cx run -l python --dependency tiny -c 'open("/opt/layers/'"$id"'/tiny/x", "w")'
said 'it is read-only; any version will do if none is named' 1 'Read-only file system'
cx run -l python --dependency tiny@1.1 -c ''
said 'another version is another package' 125 'codeexec layer build python tiny@1.1'
cx layer build --from archives python tiny@1.0
[ "$(awk '{ print $2 }' out)" = "$id" ] && [ "$(ls runtimes/layers/python)" = "$id" ]
result $? 'the same archives give the same layer'
cx layer show "${id:0:8}"
[ "$status" = 0 ] && grep -qx 'package tiny 1.0' out &&
	grep -qx "archive $(sha256sum <archives/tiny-1.0-py3-none-any.whl | cut -d ' ' -f 1) tiny-1.0-py3-none-any.whl" out &&
	grep -qx "file $(printf 'word = "tiny one"' | sha256sum | cut -d ' ' -f 1) 17 tiny/__init__.py" out
result $? 'its manifest has the digests of archives and files'
cx layer build --from archives python other@1.0
cx run -l python --dependency tiny@1.0 --dependency other@1.0 -c 'import other; print(other.word)'
want 'several layers at once' 0 $'other with tiny one\n'
cx run -l bash --dependency tiny@1.0 -c :
said 'a layer is of one language' 125 'bash: these dependencies are not there: tiny@1.0'

# ---- npm ----

if [ -x /usr/bin/node ] || [ -x /usr/local/bin/node ]; then
	cx layer build --from archives javascript @demo/pad@1.2.3
	[ "$status" = 0 ]
	result $? 'a layer of a local npm package'
	cx run -l javascript --dependency @demo/pad@1.2.3 -c 'console.log(require("@demo/pad")("abc"))'
	want 'a program requires it' 0 $'...abc\n'
fi

# ---- Debian ----

cx run -l python --dependency debian:no-such-package -c ''
said 'a Debian package that is not installed: what to run' 125 'run: apt-get install no-such-package'
if dpkg-query -W python3-numpy >/dev/null 2>&1; then
	version=$(dpkg-query -W -f '${Version}' python3-numpy | sed 's/^[0-9]*://; s/-.*//')
	cx run -l python --limit memory=512MiB --dependency "debian:python3-numpy@$version" -c 'import numpy; print(int(numpy.eye(3).sum()))'
	want "Debian's python3-numpy" 0 $'3\n'
	cx run -l python --dependency debian:python3-numpy@0.1 -c ''
	said 'another version of it' 125 'debian:python3-numpy@0.1'
fi

# ---- what is refused ----

(cd archives && sha256sum tiny-1.0-py3-none-any.whl >SHA256SUMS)
cx layer build --from archives python tiny@1.0
[ "$status" = 0 ]
result $? 'an archive that SHA256SUMS knows'
cx layer build --from archives python tiny@2.0
said 'one that it does not' 125 'is not in'
echo x >>archives/tiny-1.0-py3-none-any.whl
cx layer build --from archives python tiny@1.0
said 'one that was changed' 125 'is not what'
rm archives/SHA256SUMS
head -c 100 archives/other-1.0-py3-none-any.whl >archives/cut-1-py3-none-any.whl
cx layer build --from archives python cut@1
said 'one that is broken' 125 'the archives cannot be unpacked'
python3 - <<'EOF'
import io, tarfile, zipfile
with zipfile.ZipFile("archives/evil-1-py3-none-any.whl", "w") as wheel:
    wheel.writestr("../../../../tmp/escaped", "x")
with tarfile.open("archives/links-1.tgz", "w:gz") as tar:
    link = tarfile.TarInfo("package/passwd")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    tar.addfile(link)
    file = tarfile.TarInfo("package/i.js")
    file.size = 2
    tar.addfile(file, io.BytesIO(b";\n"))
EOF
cx layer build --from archives python evil@1
said 'one whose names lead out' 125 'no good name'
[ ! -e /tmp/escaped ] && [ "$(find runtimes -name '*escaped*')" = '' ] && [ "$(find runtimes -name '*.??????' | wc -l)" = 0 ]
result $? 'and nothing of it is left'
if [ -x /usr/bin/node ] || [ -x /usr/local/bin/node ]; then
	cx layer build --from archives javascript links@1
	[ "$status" = 0 ] && [ "$(find runtimes/layers/javascript -type l)" = '' ] && [ "$(find runtimes/layers/javascript -name passwd)" = '' ]
	result $? 'links are left out'
fi
cx layer build --from archives python tiny@3.0
said 'one that is not there' 125 'has no archive of tiny@3.0'
cx layer build --from archives python tiny
said 'a package without a version' 125 'NAME@VERSION'
cx layer build --from archives lua-that-is-not tiny@1
said 'a language that is not' 125 'unknown language'
cx layer frobnicate
said 'an unknown verb' 125 'build, list, show or gc'

# ---- swept ----

make_wheel tiny 1.0 'word = "tiny one, again"'
cx layer build --from archives python tiny@1.0 tiny@2.0
said 'two versions of one package do not fit into one layer' 125 'there twice'
touch -d '1 hour ago' "runtimes/layers/python/$id/layer"
cx layer build --from archives python tiny@1.0
cx layer gc
[ "$status" = 0 ] && grep -q "$id" out && grep -qx '1 removed' out && [ ! -e "runtimes/layers/python/$id" ]
result $? 'gc removes a layer that a newer one replaces'
cx run -l python --dependency tiny@1.0 -c 'import tiny; print(tiny.word)'
want 'and the newer one is used' 0 $'tiny one, again\n'
cx layer list python
[ "$status" = 0 ] && [ "$(wc -l <out)" = 2 ]
result $? 'list shows what there is'
[ -z "$(find . -maxdepth 1 -name 'codeexec-layer-*')" ]
result $? 'nothing of the fetching is left'

echo "1..$number"
[ $failures = 0 ]

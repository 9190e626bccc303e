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
registry=''
trap '[ -z "$registry" ] || kill "$registry"; rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work" || exit 1
installed=${CODEEXEC_RUNTIMES_DIR:-/usr/local/lib/codeexec/runtimes}
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

# skip REASON: seen, and a failure where all tests must run.
skip() {
	number=$((number + 1))
	if [ "${CE_TESTS_MUST_RUN:-}" = 1 ]; then
		failures=$((failures + 1))
		echo "not ok $number - $1"
	else
		echo "ok $number # SKIP $1"
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
    wheel.writestr(f"{name}-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    wheel.writestr(f"{name}-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
EOF
}

mkdir archives package
make_wheel tiny 1.0 'word = "tiny one"'
make_wheel tiny 2.0 'word = "tiny two"'
make_wheel typing_extensions 4.12.2 'word = "typed"'
make_wheel other 1.0 'import tiny; word = "other with " + tiny.word'
printf '{"name": "@demo/pad", "version": "1.2.3", "main": "i.js", "scripts": {"install": "touch /ran"}}' >package/package.json
echo 'module.exports = (s) => s.padStart(6, ".");' >package/i.js
tar czf archives/demo-pad-1.2.3.tgz package

python='import tiny; print(tiny.word, tiny.__file__)'
cx run -l python --dependency tiny@1.0 -c "$python"
said 'a dependency that nobody built: what is missing and what to run' 125 \
	'python: these dependencies are not there: tiny@1.0; run: codeexec layer build python tiny@1.0'
cx layer build --from archives python tiny@1.0
[ "$status" = 0 ] && grep -qE '^python +[0-9a-f]{32} .* 3 files .* tiny@1\.0$' out
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
cx run -l javascript --dependency tiny@1.0 -c ''
said 'a layer is of one language' 125 'javascript: these dependencies are not there: tiny@1.0; run: codeexec layer build javascript tiny@1.0'
cx run -l bash --dependency tiny@1.0 -c :
said 'a language that takes none says so before it looks for them' 125 'bash@bash takes no dependencies but'
cx layer build bash tiny@1.0
said 'and none is built for it' 125 'bash takes no layers'

# ---- names and versions ----

cx layer build --from archives python Typing-Extensions@4.12.2
[ "$status" = 0 ] && grep -q ' Typing-Extensions@4.12.2$' out
result $? 'an archive whose name is written in another way'
for asked in typing_extensions@4.12.2 typing.extensions@4 'Typing--Extensions@>=4.10,<5' 'TYPING-EXTENSIONS@^4.1' typing-extensions; do
	cx run -l python --dependency "$asked" -c 'import typing_extensions as t; print(t.word)'
	want "a name and a version as pip would understand them: $asked" 0 $'typed\n'
done
cx run -l python --dependency 'typing-extensions@>=5' --dependency foo -c ''
said 'the command is one that a shell takes' 125 "run: codeexec layer build python 'typing-extensions@>=5' foo@VERSION"

# ---- npm ----

if [ -x /usr/bin/node ] || [ -x /usr/local/bin/node ]; then
	cx layer build --from archives javascript @demo/pad@1.2.3
	[ "$status" = 0 ]
	result $? 'a layer of a local npm package'
	cx run -l javascript --dependency @demo/pad@1.2.3 -c 'console.log(require("@demo/pad")("abc"))'
	want 'a program requires it' 0 $'...abc\n'
	echo 'import pad from "@demo/pad"; console.log(pad("abc"));' >one.mjs
	cx run -l javascript --dependency @demo/pad one.mjs
	want 'a module imports it' 0 $'...abc\n'
	mkdir second
	printf '{"name": "second", "version": "1.0.0", "main": "i.js"}' >second/package.json
	echo 'module.exports = "two";' >second/i.js
	tar czf archives/second-1.0.0.tgz second
	cx layer build --from archives javascript second@1.0.0
	echo 'import pad from "@demo/pad"; import second from "second"; console.log(pad(second));' >two.mjs
	cx run -l javascript --dependency @demo/pad --dependency second two.mjs
	want 'a module imports out of two layers' 0 $'...two\n'
else
	skip 'a package of npm: node is not installed'
fi

# ---- gems and jars ----

if [ -x /usr/bin/ruby ]; then
	mkdir -p gem/lib
	echo 'module Tiny; WORD = "tiny gem"; end' >gem/lib/tiny.rb
	(cd gem && tar czf data.tar.gz lib && echo 'name: tiny' | gzip >metadata.gz && tar cf ../archives/tiny-1.0.gem metadata.gz data.tar.gz)
	cx run -l ruby --dependency tiny@1.0 -c ''
	said 'a language without a registry: a directory has to be given' 125 'run: codeexec layer build --from DIR ruby tiny@1.0'
	cx layer build ruby tiny@1.0
	said 'as the build says' 125 'give a directory with --from'
	cx layer build --from archives ruby tiny@1.0
	[ "$status" = 0 ]
	result $? 'a layer of a gem'
	cx run -l ruby --dependency tiny@1.0 -c 'require "tiny"; puts Tiny::WORD'
	want 'a program requires it' 0 $'tiny gem\n'
else
	skip 'a gem: ruby is not installed'
fi
jdk=/usr/lib/jvm/java-17-openjdk-amd64/bin
if [ -x $jdk/javac ]; then
	mkdir -p jar/org/demo
	echo 'package org.demo; public class Tiny { public static String word() { return "tiny jar"; } }' >jar/org/demo/Tiny.java
	$jdk/javac jar/org/demo/Tiny.java
	python3 -c 'import zipfile; zipfile.ZipFile("archives/tiny-1.0.jar", "w").write("jar/org/demo/Tiny.class", "org/demo/Tiny.class")'
	java='class Main { public static void main(String[] a) { System.out.println(org.demo.Tiny.word() + " " + a[0]); } }'
	cx layer build --from archives java tiny@1.0
	[ "$status" = 0 ]
	result $? 'a layer of a jar'
	for language in java java@single; do
		cx run -l $language --dependency tiny@1.0 -c "$java" -- -cp
		want "$language: compiler and program see it" 0 $'tiny jar -cp\n'
	done
	cx run -l java -c "$java"
	said 'a program that does not name it does not' 123 'org.demo'
	if "$CODEEXEC" --runtimes-dir "$installed" run -l kotlin -c 'fun main() {}' >/dev/null 2>&1; then
		ln -sfn "$installed/node_modules" "$installed/prebuilt" runtimes/
		cx layer build --from archives kotlin tiny@1.0
		cx run -l kotlin --dependency tiny@1.0 -c 'fun main() = println(org.demo.Tiny.word())'
		want 'kotlin: compiler and program see it' 0 $'tiny jar\n'
	else
		echo '# kotlin is not installed'
	fi
else
	skip 'a jar: javac is not installed'
fi

# ---- fetched as from a registry: pip gets a directory, npm a registry on the loopback ----

if /usr/bin/python3 -m pip --version >/dev/null 2>&1; then
	export PIP_NO_INDEX=1 PIP_FIND_LINKS=$work/archives PIP_CONFIG_FILE=/dev/null
	cx layer build python Typing_Extensions@4 'tiny@<2'
	[ "$status" = 0 ] && grep -q ' Typing_Extensions@4.12.2' out && grep -q ' tiny@1.0' out
	result $? 'pip fetches what fits'
	cx layer build python tiny@7
	said 'pip has no such version' 125 'the packages could not be fetched'
	unset PIP_NO_INDEX PIP_FIND_LINKS PIP_CONFIG_FILE
else
	skip 'pip is not installed (package python3-pip)'
fi
if command -v npm >/dev/null && command -v node >/dev/null; then
	python3 -u - archives/demo-pad-1.2.3.tgz >port 2>registry.log <<'EOF' &
import base64, hashlib, http.server, json, sys
data = open(sys.argv[1], "rb").read()
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = data
        if not self.path.endswith(".tgz"):
            dist = {"tarball": f"http://127.0.0.1:{server.server_port}/pad.tgz",
                    "integrity": "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()}
            one = {"name": "@demo/pad", "version": "1.2.3", "dist": dist}
            answer = json.dumps({"name": "@demo/pad", "dist-tags": {"latest": "1.2.3"}, "versions": {"1.2.3": one}}).encode()
        self.send_response(200 if "pad" in self.path else 404)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
print(server.server_port)
server.serve_forever()
EOF
	registry=$!
	for _ in $(seq 100); do
		[ ! -s port ] || break
		sleep 0.1
	done
	npm_config_registry=http://127.0.0.1:$(cat port)/
	export npm_config_registry npm_config_cache=$work/npm npm_config_fetch_retries=0 npm_config_userconfig=/dev/null
	export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
	cx layer build typescript '@demo/pad@^1.2'
	[ "$status" = 0 ] && grep -q ' @demo/pad@1.2.3$' out && [ "$(find runtimes/layers/typescript -name i.js | wc -l)" = 1 ]
	result $? 'npm fetches what fits'
	cx layer build typescript no-such-thing@1.0.0
	said 'npm has no such package' 125 'the packages could not be fetched'
	if "$CODEEXEC" --runtimes-dir "$installed" run -l typescript -c '' >/dev/null 2>&1; then
		ln -sfn "$installed/node_modules" "$installed/prebuilt" runtimes/
		cx run -l typescript --dependency @demo/pad@1 -c 'import pad from "@demo/pad"; console.log(pad("abc"));'
		want 'typescript sees it' 0 $'...abc\n'
	else
		echo '# typescript is not installed'
	fi
	kill "$registry"
	wait "$registry" 2>/dev/null
	registry=''
	unset npm_config_registry npm_config_cache npm_config_fetch_retries npm_config_userconfig NO_PROXY no_proxy
else
	skip 'npm is not installed'
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
else
	skip "Debian's python3-numpy is not installed"
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
[ "$status" = 0 ] && [ "$(wc -l <out)" = 4 ]
result $? 'list shows what there is'
[ -z "$(find . -maxdepth 1 -name 'codeexec-layer-*')" ]
result $? 'nothing of the fetching is left'

echo "1..$number"
[ $failures = 0 ]

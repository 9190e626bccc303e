# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Reads what installing needs out of executor manifests, with nothing but awk: this runs before anything is built. One line for
# each runtime: language, runtime, opt_in (0 or 1), prebuild (0 or 1), plugin, packages; tabs between, packages with ';'. It
# knows only the layout that our own manifests have; tests/integration/install.sh holds it against the real reader.

function strip(text) {
	gsub(/^[ \t"']+|[ \t"']+$/, "", text)
	return text
}

function flush_runtime() {
	if (runtime != "")
		printf "%s\t%s\t%d\t%d\t%s\t%s\n", language, runtime, opt_in, prebuild, plugin == "" ? "command" : plugin, packages
	runtime = ""
}

function read_packages(text,    n, i, words) {
	sub(/^[^[]*\[/, "", text)
	sub(/\].*$/, "", text)
	n = split(text, words, ",")
	packages = ""
	for (i = 1; i <= n; i++)
		packages = packages (i > 1 ? ";" : "") strip(words[i])
}

FNR == 1 { flush_runtime(); language = plugin = section = "" }
/^[a-z_]+:/ { flush_runtime(); section = $1 }
section == "name:" && language == "" { language = strip(substr($0, 6)); next }
section == "plugin:" && plugin == "" { plugin = strip(substr($0, 8)); next }
section != "runtimes:" { next }
/^  - name:/ { flush_runtime(); runtime = strip(substr($0, 10)); opt_in = prebuild = 0; packages = ""; next }
/^    opt_in: *true/ { opt_in = 1 }
/^    prebuild:/ { prebuild = 1 }
/^    packages:/ { list = $0; while (list !~ /\]/ && (getline more) > 0) list = list more; read_packages(list) }
END { flush_runtime() }

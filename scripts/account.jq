# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# What quickstart.sh prints of one `codeexec run --json`.
def lines: split("\n") | if .[-1] == "" then .[:-1] else . end | map("    > " + .);
def ms: . * 100 | round / 100 | tostring + " ms";
def mib: . / 1024 * 10 | round / 10 | tostring + " MiB";
(.stdout // "" | lines[]),
(.stderr // "" | lines | .[:6][]),
"    status      \(.status)" +
	(if .exit_code != null and .exit_code >= 0 then ", exit code \(.exit_code)" else "" end) +
	(if (.signal // 0) != 0 then ", signal \(.signal)" else "" end) +
	(if (.limit_hit // [] | length) > 0 then ", limit hit: \(.limit_hit | if type == "array" then join(", ") else . end)" else "" end),
"    time        \(.execution_time | ms)",
"    memory      \(.memory_usage | mib) peak (\(.memory_source // "unknown"))",
"    isolation   \(.isolation | tojson)"

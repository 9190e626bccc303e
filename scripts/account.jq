# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# What quickstart.sh prints of one `codeexec run --json`.
def lines($mark): if . == "" then [] else rtrimstr("\n") | split("\n") | map("    " + $mark + " " + .) end;
def tenth: . * 10 | round / 10 | tostring;
# "a b c ..." in lines of at most some 90 columns, under a heading.
def wrapped($head): reduce .[] as $word ([""];
		if (.[-1] | length) + ($word | length) > 90 then . + [$word] else .[-1] |= ltrimstr(" ") + " " + $word end)
	| to_entries | map((if .key == 0 then $head else "                " end) + (.value | ltrimstr(" ")));

(.stdout | lines(">")[]),
(.stderr | lines("2>")[:6][]),
"    status      \(.status)"
	+ (if .exit_code != null then ", exit code \(.exit_code)" else "" end)
	+ (if .signal != null then ", ended by \(.signal_name // "signal \(.signal)")" else "" end)
	+ (if .limit_hit | length > 0 then ", limit hit: \(.limit_hit | join(", "))" else "" end),
"    time        \(.wall_us / 1000 | tenth) ms, of it CPU \(.process_stats.cpu_time_us / 1000 | tenth) ms"
	+ (if .compile != null then "; compiled in \(.compile.wall_us / 1000 | tenth) ms" else "" end),
"    memory      \(.memory_usage / 1024 | tenth) MiB at its peak (\(.memory_source))",
"    ran as      host uid \(.isolation.host_uid), limits kept by \(.isolation.limits_backend)",
(.isolation.protections | wrapped("    walls       ")[]),
(.isolation.missing | select(length > 0) | wrapped("    not there   ")[])

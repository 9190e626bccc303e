# A reader of JSON in the shell's own words: one character at a time.
set -eu
text=$(cat) at=0

peek() {
	while [[ ${text:at:1} == [[:space:]] ]]; do at=$((at + 1)); done
	char=${text:at:1}
}

take() {
	peek
	[[ $char == "$1" ]] && at=$((at + 1))
}

string() {
	local c
	value=''
	peek
	at=$((at + 1))
	while c=${text:at:1} && [[ $c != '"' ]]; do
		if [[ $c == \\ ]]; then
			at=$((at + 1)) c=${text:at:1}
			if [[ $c == u ]]; then
				printf -v c "\\u${text:at+1:4}"
				at=$((at + 4))
			fi
		fi
		value+=$c at=$((at + 1))
	done
	at=$((at + 1))
}

number() {
	peek
	[[ ${text:at} =~ ^-?[0-9]+ ]]
	value=${BASH_REMATCH[0]} at=$((at + ${#value}))
}

rows=() all_tags=0 all_born=0
take '['
until take ']'; do
	declare -A person=()
	tags=0
	take '{'
	until take '}'; do
		string
		key=$value
		take ':'
		case $key in
		name) string ;;
		born) number ;;
		tags)
			take '['
			until take ']'; do
				string
				tags=$((tags + 1))
				take ',' || true
			done
			;;
		esac
		person[$key]=$value
		take ',' || true
	done
	rows+=("${person[born]} ${person[name]} ${person[born]} $tags")
	all_tags=$((all_tags + tags)) all_born=$((all_born + person[born]))
	take ',' || true
done
printf '%s\n' "${rows[@]}" | sort -n | cut -d' ' -f2-
printf '{"count":%d,"tags":%d,"born":%d}\n' "${#rows[@]}" "$all_tags" "$all_born"

pattern='^([0-9]{4}-[0-9]{2}-[0-9]{2}) ([A-Z]+) (.+) id=([0-9]+)$'
errors=0
while IFS= read -r line; do
	[[ $line =~ $pattern ]] || continue
	printf '%s %s %s [%s]\n' "${BASH_REMATCH[4]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}"
	[[ ${BASH_REMATCH[2]} == ERROR ]] && errors=$((errors + 1))
done
echo "errors $errors"

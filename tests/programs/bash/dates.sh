export TZ=UTC
first='' last=''
while read -r line; do
	printf '%s %s\n' "$(date -d "$line" '+%F %a')" "$(date -d "$line + 45 days" +%F)"
	seconds=$(date -d "$line" +%s)
	[[ $first && $first -le $seconds ]] || first=$seconds
	[[ $last && $last -ge $seconds ]] || last=$seconds
done
echo "days $(((last - first) / 86400))"

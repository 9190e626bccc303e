IFS= read -r text
bytes() {
	local LC_ALL=C
	echo "${#1}"
}
echo "${#text} $(bytes "$text")"
reversed='' numbers=()
for ((i = 0; i < ${#text}; i++)); do
	char=${text:i:1}
	reversed=$char$reversed
	printf -v number %d "'$char"
	((number <= 127)) || { printf -v number %x "$number" && numbers+=("$number"); }
done
echo "$reversed"
echo "${numbers[*]}"

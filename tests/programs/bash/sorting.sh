# Sorted by insertion, in the shell alone.
read -r -d '' -a words
before() { ((${#1} > ${#2})) || { ((${#1} == ${#2})) && [[ $1 < $2 ]]; }; }
for ((i = 1; i < ${#words[@]}; i++)); do
	word=${words[i]}
	for ((k = i; k > 0; k--)); do
		before "$word" "${words[k - 1]}" || break
		words[k]=${words[k - 1]}
	done
	words[k]=$word
done
printf '%s\n' "${words[@]}"
n=${#words[@]} low=${words[(${#words[@]} - 1) / 2]} high=${words[${#words[@]} / 2]}
twice=$((${#low} + ${#high}))
echo "median $((twice / 2)).$((twice % 2 * 5))"

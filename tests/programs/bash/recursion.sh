ackermann() {
	if (($1 == 0)); then
		result=$(($2 + 1))
	elif (($2 == 0)); then
		ackermann $(($1 - 1)) 1
	else
		ackermann "$1" $(($2 - 1))
		ackermann $(($1 - 1)) "$result"
	fi
}

hanoi() {
	(($1 == 0)) && result=0 && return
	hanoi $(($1 - 1))
	result=$((2 * result + 1))
}

queens() { # row, columns, down, up, as bits
	local free c
	(($1 == 8)) && result=$((result + 1)) && return
	for ((free = 255 & ~($2 | $3 | $4); free; free &= free - 1)); do
		((c = free & -free))
		local rest=$free
		queens $(($1 + 1)) $(($2 | c)) $((($3 | c) << 1)) $((($4 | c) >> 1))
		free=$rest
	done
}

permutations() { # chosen, items
	local i
	[[ $2 ]] || result=$((result + 1))
	for ((i = 0; i < ${#2}; i++)); do
		permutations "$1${2:i:1}" "${2:0:i}${2:i+1}"
	done
}

known=(0 1)
fibonacci() {
	if [[ -z ${known[$1]-} ]]; then
		fibonacci $(($1 - 1))
		fibonacci $(($1 - 2))
		known[$1]=$((known[$1 - 1] + known[$1 - 2]))
	fi
}

ackermann 2 3 && echo "$result"
hanoi 10 && echo "$result"
result=0
queens 0 0 0 0
echo "$result"
result=0
permutations '' abcd
echo "$result"
fibonacci 20
echo "${known[20]}"

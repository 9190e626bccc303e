# Natural numbers of any size: arrays of limbs of nine digits, the lowest first.
base=1000000000

multiply() {
	local -n limbs=$1
	local carry=0 i
	for ((i = 0; i < ${#limbs[@]}; i++)); do
		((carry += limbs[i] * $2, limbs[i] = carry % base, carry /= base))
	done
	((carry)) && limbs+=("$carry")
}

add() {
	local -n limbs=$1 other=$2
	local carry=0 i
	for ((i = 0; i < ${#limbs[@]} || i < ${#other[@]}; i++)); do
		((carry += ${limbs[i]:-0} + ${other[i]:-0}, limbs[i] = carry % base, carry /= base))
	done
	((carry)) && limbs+=("$carry")
}

show() {
	local -n limbs=$1
	local i
	text=${limbs[-1]}
	for ((i = ${#limbs[@]} - 2; i >= 0; i--)); do printf -v text '%s%09d' "$text" "${limbs[i]}"; done
	echo "$text"
}

factorial=(1) power=(1) a=(0) b=(1)
for ((n = 2; n <= 60; n++)); do multiply factorial "$n"; done
show factorial
digits=0
while [[ $text ]]; do digits=$((digits + ${text:0:1})) text=${text:1}; done
echo "$digits"
for ((n = 0; n < 200; n++)); do multiply power 2; done
show power
for ((n = 0; n < 300; n += 2)); do
	add a b
	add b a
done
show a

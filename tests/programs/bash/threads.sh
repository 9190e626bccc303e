# Four processes, each of which tells its sum through a pipe of its own.
work() {
	local sum=0 i
	for ((i = $1 ? $1 : 4; i <= 4000; i += 4)); do ((sum += i * i)); done
	echo "$sum"
}

for part in 0 1 2 3; do
	exec {pipe[part]}< <(work "$part")
done
total=0 best=0
for part in 0 1 2 3; do
	read -r sum <&"${pipe[part]}"
	total=$((total + sum))
	if ((sum > best)); then best=$sum best_part=$part; fi
done
wait
echo "sum $total"
echo "largest $best_part $best"
